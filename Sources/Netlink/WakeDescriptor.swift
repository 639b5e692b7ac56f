import CNetlink
import Glibc
import Model

/// An eventfd that wakes a thread out of poll. Both sides hold it, so that its number is nobody else's while either looks at it.
final class WakeDescriptor: Sendable {
  let fileDescriptor: Int32

  init() throws(NetlinkError) {
    fileDescriptor = sluice_nl_open_wake()
    guard fileDescriptor >= 0 else { throw .refused(doing: "making an eventfd", errno: -fileDescriptor) }
  }

  deinit { if fileDescriptor >= 0 { close(fileDescriptor) } }

  func signal() {
    // It can only fail when the counter is full, and then it is signalled already.
    var one: UInt64 = 1
    _ = write(fileDescriptor, &one, MemoryLayout.size(ofValue: one))
  }
}
