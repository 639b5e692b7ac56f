import Packet

/// Completes TCP and UDP checksums that the sender left to a NIC that is not there. A packet that a container or a host sends into a veth pair
/// with checksum offload (CHECKSUM_PARTIAL of linux/skbuff.h) has only the pseudo header's sum in its checksum field; the kernel knows that
/// from metadata which AF_XDP does not hand over, and any real server would drop the packet.
extension Forwarder {
  /// Only for interfaces that are marked, so that it costs others nothing: one comparison a batch.
  @inline(__always) @_noLocks
  func completeChecksums(_ frames: UnsafeMutablePointer<Frame>, _ count: Int) {
    guard unfinishedOn != 0 else { return }
    var index = 0
    while index < count {
      let isMarked = unfinishedOn &>> frames[index].interface & 1 != 0
      if isMarked, case nil = scratch[index].outcome, case .whole = scratch[index].part, scratch[index].isTransport {
        completeChecksum(frames + index, scratch + index)
      }
      index &+= 1
    }
  }

  /// - Parameters: by reference only to avoid copies.
  @inline(never) @_noLocks
  private func completeChecksum(_ frame: UnsafeMutablePointer<Frame>, _ packet: UnsafeMutablePointer<ScratchPacket>) {
    let number = packet.pointee.transport
    let header = frame.pointee.bytes + Int(packet.pointee.network)
    let transport = Connection.transport(header, packet.pointee)
    let segment = header + transport
    let length = Int(packet.pointee.networkLength) &- transport
    let field = number == 6 ? 16 : 6
    guard length >= field &+ 2 else { return }
    // UDP without a checksum (RFC 768). The sum of a pseudo header is never 0.
    let found = segment.raw16(field)
    guard found != 0 else { return }
    let pseudo =
      packet.pointee.isIPv6
      ? Checksum.pseudoHeader(ofIPv6: header, payload: length, number)
      : Checksum.pseudoHeader(ofIPv4: header, payload: length, number)
    guard found == Checksum.fold(pseudo) else { return }
    // One complete checksum in 65536 looks like that, too. It is right, and stays.
    guard Checksum.fold(Checksum.sum(segment, length, pseudo)) != 0xffff else { return }
    // The field already has the pseudo header's sum. A UDP checksum of 0 would mean none (RFC 768).
    let sum = ~Checksum.fold(Checksum.sum(segment, length))
    segment.setRaw16(field, sum == 0 && number == 17 ? 0xffff : sum)
    counters.completed.pointee &+= 1
  }
}
