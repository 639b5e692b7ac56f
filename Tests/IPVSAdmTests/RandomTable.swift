import Model

/// The same numbers each time (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

/// Commands that make a random table; some are refused.
enum RandomTable {
  private static let schedulers = Scheduler.allCases.map(\.rawValue)

  static func commands(_ random: inout SeededGenerator) -> [[String]] {
    (0..<Int.random(in: 0...6, using: &random)).flatMap { _ in service(&random) }
  }

  private static func service(_ random: inout SeededGenerator) -> [[String]] {
    let isIPv6 = Bool.random(using: &random)
    let kind = ["-t", "-u", "--sctp-service", "-f"].randomElement(using: &random) ?? "-t"
    let port = Int.random(in: 0...3, using: &random) == 0 ? 0 : Int.random(in: 1...65535, using: &random)
    let name =
      kind == "-f"
      ? ["-f", "\(UInt32.random(in: 1...UInt32(Int32.max), using: &random))"] + (isIPv6 ? ["-6"] : [])
      : [kind, isIPv6 ? "[2001:db8:\(hex(&random))::\(hex(&random))]:\(port)" : "\(address(10, &random)):\(port)"]
    let scheduler = schedulers.randomElement(using: &random) ?? "rr"
    var add = ["-A"] + name + ["-s", scheduler]
    if port == 0 || Bool.random(using: &random) {
      add += ["-p", "\(Int.random(in: 1...2_678_400, using: &random))"]
      let mask = isIPv6 ? "\(Int.random(in: 1...128, using: &random))" : address(255, &random)
      if Bool.random(using: &random) { add += ["-M", mask] }
    }
    if kind == "-u" || kind == "-f", Bool.random(using: &random) { add.append("-o") }
    let prefix = scheduler == "mh" || scheduler == "sh" ? scheduler : nil
    let flags = prefix.map { ["\($0)-port", "\($0)-fallback", "flag-3"] } ?? ["flag-1", "flag-2", "flag-3"]
    let chosen = flags.filter { _ in Int.random(in: 0...3, using: &random) == 0 }
    if !chosen.isEmpty { add += ["-b", chosen.joined(separator: ",")] }
    return [add] + (0..<Int.random(in: 0...8, using: &random)).map { _ in ["-a"] + name + server(isIPv6, &random) }
  }

  private static func server(_ isIPv6: Bool, _ random: inout SeededGenerator) -> [String] {
    let method =
      [
        ["-g"], ["-m"], ["-i"], ["-i", "--tun-type", "gue", "--tun-port", "\(Int.random(in: 1...65535, using: &random))"],
        ["-i", "--tun-type", "gre", "--tun-csum"], ["-i", "--tun-type", "gue", "--tun-port", "6080", "--tun-csum"],
      ].randomElement(using: &random) ?? []
    let isOther = method.first == "-i" && Bool.random(using: &random)
    let port = Int.random(in: 1...65535, using: &random)
    let name = isIPv6 != isOther ? "[fd00::\(hex(&random))]:\(port)" : "\(address(172, &random)):\(port)"
    return ["-r", name, "-w", "\(Int.random(in: 0...Int(Int32.max), using: &random))"] + method
  }

  private static func address(_ first: Int, _ random: inout SeededGenerator) -> String {
    "\(first).\((0..<3).map { _ in "\(Int.random(in: 1...254, using: &random))" }.joined(separator: "."))"
  }

  private static func hex(_ random: inout SeededGenerator) -> String {
    String(Int.random(in: 1...65535, using: &random), radix: 16)
  }
}
