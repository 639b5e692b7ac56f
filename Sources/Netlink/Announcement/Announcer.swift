import CNetlink
import Glibc
import Model

/// Announces VIPs to the neighbours: after a fail-over, hosts that have another director's MAC address would otherwise keep it until their
/// entry expires, which takes them up to a minute.
///
/// Each announcement is made twice, two seconds apart (ANNOUNCE_NUM and ANNOUNCE_INTERVAL of RFC 5227), since nobody confirms it. Paced, so that
/// thousands of VIPs are no burst for the switches.
package struct Announcer: ~Copyable {
  /// Announced together, so that a VIP that is announced again meanwhile is in the queue once.
  package struct Place: Hashable, Sendable {
    package var vip: IPAddress
    package var link: UInt32
    package var mac: MACAddress

    package init(vip: IPAddress, link: UInt32, mac: MACAddress) {
      self.vip = vip
      self.link = link
      self.mac = mac
    }
  }

  static let interval: Duration = .seconds(2)
  /// Frames of one call of `send`; called ten times a second, it makes 10,000 a second.
  static let batch = 1000

  /// To be announced for the first time, and again after `due`; both in the order in which they came.
  private var firsts: [Place] = []
  private var seconds: [(place: Place, due: ContinuousClock.Instant)] = []
  /// The places in either.
  private var waiting: Set<Place> = []
  /// Frames that the kernel refused, since the start.
  package private(set) var refused: UInt64 = 0
  private let socket: Int32

  package init() throws(NetlinkError) {
    socket = sluice_packet_open()
    guard socket >= 0 else { throw .noPacketSocket(errno: -socket) }
  }

  deinit { close(socket) }

  /// Announces at the next `send`, and once more. Each place waits once, so their number is bounded by VIPs times interfaces.
  package mutating func announce(_ places: some Sequence<Place>) {
    for place in places where waiting.insert(place).inserted { firsts.append(place) }
  }

  /// Sends what is due. Never blocks: what the kernel refuses is counted, and its second announcement is still made.
  package mutating func send(now: ContinuousClock.Instant = .now) {
    guard !waiting.isEmpty else { return }
    let fresh = firsts.prefix(Self.batch)
    let again = seconds.prefix(Self.batch - fresh.count).prefix { $0.due <= now }
    waiting.subtract(again.map(\.place))
    transmit((fresh + again.map(\.place)).map { sluice_packet($0) })
    seconds.removeFirst(again.count)
    seconds += fresh.map { ($0, now + Self.interval) }
    firsts.removeFirst(fresh.count)
  }

  private mutating func transmit(_ frames: [sluice_packet]) {
    var first = 0
    while first < frames.count {
      let taken = frames[first...].withUnsafeBufferPointer { sluice_packet_send(socket, $0.baseAddress, UInt32($0.count)) }
      // One that can't be sent, for example because its interface is gone, must not keep back the others.
      if taken <= 0 { refused += 1 }
      first += max(1, Int(taken))
    }
  }
}

extension sluice_packet {
  fileprivate init(_ place: Announcer.Place) {
    self.init()
    let frame = AnnouncementFrame(place.vip, at: place.mac)
    ifindex = place.link
    length = UInt16(frame.bytes.count)
    withUnsafeMutableBytes(of: &bytes) { $0.copyBytes(from: frame.bytes) }
  }
}
