/// The longest frames that workers take. The kernel drops longer ones, and only a counter of the ring tells.
enum FrameLimit {
  /// The kernel keeps this in front of a received frame (XDP_PACKET_HEADROOM in linux/bpf.h).
  static var headroom: Int {
    @inline(__always) @_noLocks get { 256 }
  }
  /// An Ethernet header with two tags.
  private static let linkHeader = 22

  /// Of one chunk of the UMEM.
  static var mtu: Int { Umem.chunk - headroom - linkHeader }
  /// Of several chunks.
  static var jumboFrame: Int { JumboBuffers.size - headroom }
  static var jumboMTU: Int { jumboFrame - linkHeader }

  /// One line if frames of an interface with this MTU would be lost; else nil.
  ///
  /// - Parameter takesJumbo: whether the workers' sockets take frames in several chunks.
  static func fault(_ name: String, mtu: Int, takesJumbo: Bool) -> String? {
    let (most, reason) =
      takesJumbo
      ? (jumboMTU, "frames over \(jumboFrame) bytes are dropped")
      : (
        Self.mtu,
        "frames over \(Umem.chunk - headroom) bytes are lost, since the kernel hands over none in several buffers (Linux 6.6)"
      )
    return mtu > most ? "\(name) has MTU \(mtu): \(reason); `ip link set \(name) mtu \(most)`" : nil
  }
}
