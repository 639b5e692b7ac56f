/// How many slots a service's Maglev ring has.
package enum RingSize: Hashable, Sendable {
  /// Chosen by the number of servers.
  case auto
  /// One of `offered`.
  case slots(Int)

  /// All primes: a server's walk over the ring visits every slot only if the size is prime (Maglev, section 3.4).
  package static let offered = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65537, 131071, 262139, 655373]

  /// Those of the kernel's `mh`: `CONFIG_IP_VS_MH_TAB_INDEX` 8 to 17.
  package static let ofKernel = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071]

  package static func offered(by scheduler: Scheduler) -> [Int] { scheduler == .mh ? ofKernel : offered }

  package static let form = "auto, or one of \(offered.map { "\($0)" }.joined(separator: ", "))"

  package static func form(of scheduler: Scheduler) -> String {
    "auto, or one of \(offered(by: scheduler).map { "\($0)" }.joined(separator: ", "))"
  }

  /// Slots for this number of servers: the smallest offered size with at least 100 slots a server, which keeps shares within 1 % (Maglev,
  /// section 5.3).
  package func slots(servers: Int) -> Int {
    switch self {
    case .slots(let count): count
    case .auto: Self.offered.first { $0 >= 100 * servers } ?? Self.offered[Self.offered.count - 1]
    }
  }

  package init?(_ text: some StringProtocol) {
    if text == "auto" {
      self = .auto
    } else if let count = Int(text), Self.offered.contains(count) || Self.ofKernel.contains(count), text == "\(count)" {
      self = .slots(count)
    } else {
      return nil
    }
  }
}

extension RingSize: CustomStringConvertible {
  package var description: String {
    switch self {
    case .auto: "auto"
    case .slots(let count): "\(count)"
    }
  }
}

extension RingSize: Codable {
  /// A number, or "auto". The service table checks whether the number is offered.
  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let count = try? value.decode(Int.self) {
      self = .slots(count)
      return
    }
    guard let text = try? value.decode(String.self), text == "auto" else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected a whole number or \"auto\"")
      )
    }
    self = .auto
  }

  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .auto: try value.encode("auto")
    case .slots(let count): try value.encode(count)
    }
  }
}

extension RingSize: ExpressibleByIntegerLiteral {
  package init(integerLiteral count: Int) { self = .slots(count) }
}
