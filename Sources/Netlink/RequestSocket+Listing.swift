import CNetlink
import Glibc

extension RequestSocket {
  /// Restarts of a dump because its table changed meanwhile.
  private static let mostRestarts = 8
  private static let mostRecords = 256

  func links() throws(NetlinkError) -> [Link] {
    try dump(SLUICE_NL_LINK, "listing the interfaces").compactMap { if case .link(let link, _) = $0 { link } else { nil } }
  }

  func addresses() throws(NetlinkError) -> [InterfaceAddress] {
    try dump(SLUICE_NL_ADDRESS, "listing the addresses").compactMap {
      if case .address(let address, _) = $0 { address } else { nil }
    }
  }

  /// The whole table. Entries can be missing if it changes meanwhile.
  func neighbours() throws(NetlinkError) -> [HopKey: Neighbour] {
    let all = try dump(SLUICE_NL_NEIGHBOUR, "listing the neighbours").compactMap { (event) -> (HopKey, Neighbour)? in
      if case .neighbour(let hop, let seen) = event { (hop, seen) } else { nil }
    }
    return Dictionary(all) { $1 }
  }

  private func dump(_ kind: sluice_nl_kind, _ doing: String) throws(NetlinkError) -> [KernelEvent] {
    for _ in 0..<Self.mostRestarts {
      var events: [KernelEvent] = []
      var records = [sluice_nl_record](repeating: .init(), count: Self.mostRecords)
      var result = sluice_nl_start_dump(handle, kind)
      guard result == 0 else { throw .refused(doing: doing, errno: -result) }
      repeat {
        result = sluice_nl_next_dumped(handle, &records, UInt32(records.count))
        if result > 0 { events += records.prefix(Int(result)).map(KernelEvent.init) }
      } while result > 0
      if result == 0 { return events }
      guard result == -EINTR else { throw .refused(doing: doing, errno: -result) }
    }
    throw .refused(doing: "\(doing), which kept changing meanwhile", errno: EINTR)
  }
}
