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
        completeChecksum(frames[index], scratch[index])
      }
      index &+= 1
    }
  }

  @inline(never) @_noLocks
  private func completeChecksum(_ frame: Frame, _ packet: ScratchPacket) {
    let header = frame.bytes + Int(packet.network)
    let transport = Connection.transport(header, packet)
    let segment = header + transport
    let length = Int(packet.networkLength) &- transport
    let field = packet.transport == 6 ? 16 : 6
    guard length >= field &+ 2 else { return }
    let pseudo =
      packet.isIPv6
      ? Checksum.pseudoHeader(ofIPv6: header, payload: length, packet.transport)
      : Checksum.pseudoHeader(ofIPv4: header, payload: length, packet.transport)
    guard segment.raw16(field) == Checksum.fold(pseudo) else { return }
    // One complete checksum in 65536 looks like that, too. It is right, and stays.
    guard Checksum.fold(Checksum.sum(segment, length, pseudo)) != 0xffff else { return }
    // The field already has the pseudo header's sum. A UDP checksum of 0 would mean none (RFC 768).
    let sum = ~Checksum.fold(Checksum.sum(segment, length))
    segment.setRaw16(field, sum == 0 && packet.transport == 17 ? 0xffff : sum)
    counters.completed.pointee &+= 1
  }
}
