import CXDP
import Forwarding

extension RingDrops {
  /// The sum over these sockets; a closed one counts nothing.
  init(of descriptors: [Int32]) {
    self.init()
    for descriptor in descriptors {
      var read = xdp_statistics()
      guard sockets_statistics(descriptor, &read) == 0 else { continue }
      receiveFull &+= read.rx_ring_full
      noFrame &+= read.rx_dropped
      fillEmpty &+= read.rx_fill_ring_empty_descs
      fillInvalid &+= read.rx_invalid_descs
      transmitInvalid &+= read.tx_invalid_descs
    }
  }
}
