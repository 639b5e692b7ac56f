/// Timeouts that are set while the director runs; nil: as before.
package struct TimeoutChange: Equatable, Sendable, Codable {
  package var established: Int?
  package var finWait: Int?
  package var udp: Int?

  /// ipvsadm's: up to 31 days.
  package static let range = 1...2_678_400

  package init(established: Int? = nil, finWait: Int? = nil, udp: Int? = nil) {
    self.established = established
    self.finWait = finWait
    self.udp = udp
  }

  package var isEmpty: Bool { self == TimeoutChange() }

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case established, udp
    case finWait = "fin-wait"
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.strictFields(CodingKeys.self)
    func seconds(_ key: CodingKeys) throws -> Int? {
      guard let value = try fields.decodeIfPresent(Int.self, forKey: key) else { return nil }
      guard Self.range.contains(value) else {
        throw fields.refusal(of: key, "\(value) is not in 1...\(Self.range.upperBound) seconds")
      }
      return value
    }
    self.init(established: try seconds(.established), finWait: try seconds(.finWait), udp: try seconds(.udp))
  }
}

extension Timeouts {
  package func changed(by change: TimeoutChange) -> Timeouts {
    var timeouts = self
    timeouts.established = change.established ?? established
    timeouts.finWait = change.finWait ?? finWait
    timeouts.udp = change.udp ?? udp
    return timeouts
  }
}
