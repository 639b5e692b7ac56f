import CXDP

/// What the daemon may do (capabilities(7)).
enum Capabilities {
  /// What the data plane needs, and for what.
  static let needed: [(name: String, number: Int32)] = [
    ("CAP_NET_ADMIN", CAP_NET_ADMIN),  // attach XDP programs, add addresses
    ("CAP_NET_RAW", CAP_NET_RAW),  // AF_XDP and packet sockets
    ("CAP_BPF", CAP_BPF),  // maps and programs
    ("CAP_PERFMON", CAP_PERFMON),  // pointer arithmetic in programs
    ("CAP_IPC_LOCK", CAP_IPC_LOCK),  // packet buffers beyond `ulimit -l`
  ]

  static var missing: [String] {
    let present = threads_capabilities()
    return needed.filter { present & 1 << UInt64($0.number) == 0 }.map(\.name)
  }
}

extension EngineFailure {
  /// The kernel refused with EPERM or EACCES.
  static func noPermission(_ doing: String) -> EngineFailure {
    let missing = Capabilities.missing
    guard !missing.isEmpty else {
      return EngineFailure(
        "no permission to \(doing) in spite of all capabilities: is a seccomp filter or a security module in the way?"
      )
    }
    return EngineFailure("no permission to \(doing): run as root, or with \(missing.joined(separator: ", ")) as well")
  }
}
