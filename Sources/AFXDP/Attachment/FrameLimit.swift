/// The longest frame that a chunk of the UMEM holds. The kernel drops longer ones, and only a counter of the ring tells.
enum FrameLimit {
  /// The kernel keeps this in front of a received frame (XDP_PACKET_HEADROOM in linux/bpf.h).
  static let headroom = 256
  /// An Ethernet header with two tags.
  static let linkHeader = 22

  static var frame: Int { Umem.chunk - headroom }
  static var mtu: Int { frame - linkHeader }

  /// One line if frames of an interface with this MTU would be lost; else nil.
  static func fault(_ name: String, mtu: Int) -> String? {
    guard mtu > Self.mtu else { return nil }
    return
      "\(name) has MTU \(mtu): frames over \(frame) bytes do not fit a packet buffer and are lost; `ip link set \(name) mtu \(Self.mtu)`"
  }
}
