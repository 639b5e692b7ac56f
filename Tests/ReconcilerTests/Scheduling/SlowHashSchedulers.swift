import Model

/// The hash schedulers of LVS, written plainly from their description.
struct SlowHashScheduler {
  var scheduler: Scheduler
  var flags: SchedulerFlags
  var size: Int
  /// The newest first.
  var servers: [Server] = []

  struct Server {
    var address: IPAddress
    var weight: Int
    var lastWeight: Int

    init(_ address: IPAddress, weight: Int) { (self.address, self.weight, lastWeight) = (address, weight, weight) }

    mutating func weigh(_ weight: Int) {
      self.weight = weight
      if weight != 0 { lastWeight = weight }
    }
  }

  /// Numbers of the servers.
  var ring: [Int?] { scheduler == .mh ? maglev() : table() }

  func pick(_ ring: [Int?], client: IPAddress, port: UInt16, destination: IPAddress) -> IPAddress? {
    let port = flags.contains(.port) && scheduler != .dh ? port : 0
    let subject = scheduler == .dh ? destination : client
    let first = slot(subject, port, 0)
    guard let server = ring[first] else { return nil }
    if servers[server].weight > 0 { return servers[server].address }
    guard flags.contains(.fallback), scheduler != .dh else { return nil }
    for offset in 0..<size {
      guard let other = ring[slot(subject, port, (offset + first) % size)] else { return nil }
      if servers[other].weight > 0 { return servers[other].address }
    }
    return nil
  }

  private func slot(_ address: IPAddress, _ port: UInt16, _ offset: Int) -> Int {
    let sum = UInt32(truncatingIfNeeded: Int(port) + Int(Self.fold(address)))
    if scheduler == .mh { return Int(Self.sipHash(UInt32(truncatingIfNeeded: Int(sum) + offset), 2_654_435_761)) % size }
    return (offset + Int((sum &* 0x61c8_8647) >> 24)) % 256
  }

  private static func fold(_ address: IPAddress) -> UInt32 {
    let words = stride(from: 0, to: 16, by: 4).map { start in
      address.bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    return address.isIPv4 ? words[3] : words.reduce(0, ^)
  }

  /// `sh` with weights, `dh` without.
  private func table() -> [Int?] {
    guard !servers.isEmpty else { return Array(repeating: nil, count: 256) }
    var slots: [Int?] = []
    while slots.count < 256 {
      for (number, server) in servers.enumerated() {
        slots += Array(repeating: number, count: scheduler == .sh ? max(server.weight, 1) : 1)
      }
    }
    return Array(slots.prefix(256))
  }

  private func maglev() -> [Int?] {
    var ring: [Int?] = Array(repeating: nil, count: size)
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    let common = servers.map(\.lastWeight).filter { $0 > 0 }.reduce(0, divisor)
    guard common > 0 else { return ring }
    let indices = [251: 8, 509: 9, 1021: 10, 2039: 11, 4093: 12, 8191: 13, 16381: 14, 32749: 15, 65521: 16, 131071: 17]
    let bits = (indices[size] ?? 0) / 2
    let greatest = (servers.map(\.lastWeight).max() ?? 0) / common
    let width = String(greatest, radix: 2).count
    let shift = max(0, width - bits)
    let turns = servers.map { server in
      server.lastWeight == 0 ? 0 : max(1, (server.lastWeight / common) >> shift)
    }
    let sums = servers.map { UInt32(truncatingIfNeeded: 80 + Int(Self.fold($0.address))) }
    let offsets = sums.map { Int(Self.sipHash($0, 2_654_435_761)) % size }
    let skips = sums.map { Int(Self.sipHash($0, 2_654_446_892)) % (size - 1) + 1 }
    var steps = servers.map { _ in 0 }
    var taken = 0
    while true {
      for number in servers.indices {
        for _ in 0..<turns[number] {
          while ring[(offsets[number] + steps[number] * skips[number]) % size] != nil { steps[number] += 1 }
          ring[(offsets[number] + steps[number] * skips[number]) % size] = number
          taken += 1
          if taken == size { return ring }
        }
      }
    }
  }

  /// SipHash-1-3 of four bytes; both words of the key are the same.
  private static func sipHash(_ value: UInt32, _ key: UInt64) -> UInt32 {
    var v: [UInt64] = [0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573].map {
      $0 ^ key
    }
    func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 { value << by | value >> (64 - by) }
    func round() {
      for (a, b, by) in [(0, 1, 13), (2, 3, 16)] {
        v[a] &+= v[b]
        v[b] = rotate(v[b], UInt64(by)) ^ v[a]
        if a == 0 { v[0] = rotate(v[0], 32) }
      }
      for (a, b, by) in [(0, 3, 21), (2, 1, 17)] {
        v[a] &+= v[b]
        v[b] = rotate(v[b], UInt64(by)) ^ v[a]
        if a == 2 { v[2] = rotate(v[2], 32) }
      }
    }
    let block = UInt64(4) << 56 | UInt64(value)
    v[3] ^= block
    round()
    v[0] ^= block
    v[2] ^= 0xff
    for _ in 0..<3 { round() }
    return UInt32(truncatingIfNeeded: v.reduce(0, ^))
  }
}
