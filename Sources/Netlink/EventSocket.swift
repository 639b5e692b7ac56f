import CNetlink
import Glibc

/// A netlink socket that receives every change in the network namespace of the thread that created it.
struct EventSocket: ~Copyable {
  /// Events per call into C.
  private static let most = 256

  private let handle: OpaquePointer
  private let records: UnsafeMutableBufferPointer<sluice_nl_record>

  init() throws(NetlinkError) {
    var handle: OpaquePointer?
    let result = sluice_nl_open_events(&handle)
    guard result == 0, let handle else { throw .refused(doing: "listening for changes of routes and neighbours", errno: -result) }
    self.handle = handle
    records = .allocate(capacity: Self.most)
    records.initialize(repeating: .init())
  }

  deinit {
    records.deallocate()
    sluice_nl_close(handle)
  }

  var fileDescriptor: Int32 { sluice_nl_fd(handle) }

  /// Calls `take` with each pending event, at most `limit` of them. Returns their number; if it is less than `limit`, none is left.
  func read(limit: Int, _ take: (KernelEvent) -> Void) throws(NetlinkError) -> Int {
    var count = 0
    while count < limit {
      let room = min(limit - count, records.count)
      let result = sluice_nl_read_events(handle, records.baseAddress, UInt32(room))
      guard result >= 0 else { throw .refused(doing: "reading changes of routes and neighbours", errno: -result) }
      for record in records.prefix(Int(result)) { take(KernelEvent(record)) }
      count += Int(result)
      if result < room { break }
    }
    return count
  }
}
