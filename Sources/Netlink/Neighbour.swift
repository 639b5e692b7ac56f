import CNetlink
import Glibc
import Model

/// A neighbour's key: the same address can be two machines on two interfaces.
struct HopKey: Hashable, Sendable {
  /// Index of the interface.
  var link: UInt32
  var address: IPAddress
}

/// The kernel's entry for a neighbour, reduced to what matters here (NUD_* of linux/neighbour.h).
enum Neighbour: Equatable, Sendable {
  /// No entry, or an entry that has not been used yet.
  case unknown
  /// The kernel is resolving it.
  case asked
  /// It did not answer.
  case failed
  /// Valid until disproved; the kernel only probes it when it is used.
  case stale(MACAddress)
  /// Confirmed, or being confirmed right now.
  case live(MACAddress)
  /// Set by the operator (permanent) or the link has no ARP; the kernel never resolves it.
  case fixed(MACAddress)

  init(_ raw: sluice_nl_neighbour) {
    self.init(state: raw.state, mac: MACAddress(raw.mac, length: raw.mac_length))
  }

  init(state: UInt16, mac: MACAddress?) {
    switch (Int32(state), mac) {
    case (NUD_PERMANENT, let mac?), (NUD_NOARP, let mac?): self = .fixed(mac)
    case (NUD_REACHABLE, let mac?), (NUD_DELAY, let mac?), (NUD_PROBE, let mac?): self = .live(mac)
    case (NUD_STALE, let mac?): self = .stale(mac)
    case (NUD_INCOMPLETE, _): self = .asked
    case (NUD_FAILED, _): self = .failed
    default: self = .unknown
    }
  }

  var mac: MACAddress? {
    switch self {
    case .stale(let mac), .live(let mac), .fixed(let mac): mac
    case .unknown, .asked, .failed: nil
    }
  }

  /// Whether the kernel must be notified that the entry is in use. Never for a fixed one: kernels from 5.16 would make it non-permanent.
  var wantsUse: Bool {
    switch self {
    case .unknown, .failed, .stale: true
    case .asked, .live, .fixed: false
    }
  }
}
