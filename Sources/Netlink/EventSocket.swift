import CNetlink
import Glibc

/// A netlink socket that hears of every change in the network namespace of the thread that made it.
struct EventSocket: ~Copyable {
  /// Events taken from C at once.
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

  /// Hands over at most so many events that wait. Returns how many there were: fewer than `limit`, and none waits any more.
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
