import CNetlink
import Glibc
import Model

/// A neighbour's key: the same address can be two machines on two interfaces.
struct HopKey: Hashable, Sendable {
  /// Index of the interface.
  var link: UInt32
  var address: IPAddress
}

/// A neighbour entry of the kernel's, by what it means to us (NUD_* of linux/neighbour.h).
enum Neighbour: Equatable, Sendable {
  /// No entry, or one that nobody uses yet.
  case unknown
  /// Being asked for.
  case asked
  /// Did not answer.
  case failed
  /// Good until proven otherwise; the kernel looks only when someone uses it.
  case stale(MACAddress)
  /// Confirmed, or being confirmed right now.
  case live(MACAddress)
  /// The operator's word (permanent) or the link's nature (no ARP): never asked for.
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

  /// Whether the kernel must be told that the entry is in use. Never for a fixed one: kernels from 5.16 would take its permanence
  /// away.
  var wantsUse: Bool {
    switch self {
    case .unknown, .failed, .stale: true
    case .asked, .live, .fixed: false
    }
  }
}
