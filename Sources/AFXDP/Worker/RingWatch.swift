import CXDP

/// Recognizes rings that stand still although there is work in them, from two looks at their indices. A driver that forgets a wake-up, as
/// some do in zero-copy mode with busy polling, would otherwise stop a worker for good while everything else looks well.
///
/// By the control thread, from the indices that the kernel shares anyway: the packet path pays nothing.
struct RingWatch {
  /// How far apart two looks are. Descriptors take microseconds; a paused link (IEEE 802.3x) stops them for milliseconds.
  static let interval: Duration = .milliseconds(100)
  /// After so many looks in a row, a second, a ring that still stands is a problem.
  static let looksOfProblem = 10

  enum Ring: String { case transmit, fill }

  /// A ring that stands, by its socket, and for how many looks.
  struct Stall: Equatable {
    var worker: Int
    var socket: Int
    var ring: Ring
    var looks: Int

    /// One line once it has stood for long. Always the same one: with the time in it, each second would end one problem and begin another.
    func problem(on interface: String) -> String? {
      guard looks >= RingWatch.looksOfProblem else { return nil }
      return "the \(ring) ring of worker \(worker) on \(interface) has stood still for a second or longer: its frames are lost; "
        + "`ethtool -S \(interface)` may say why"
    }
  }

  private var former: [[ring_indices]] = []
  private var standing: [Place: Int] = [:]
  private var lastLook: ContinuousClock.Instant?

  private struct Place: Hashable {
    var worker, socket: Int
    var ring: Ring
  }

  /// Forgets what was seen: the workers were started anew.
  mutating func reset() { self = RingWatch() }

  /// Returns the rings that have stood since the last look; nil if that was less than `interval` ago.
  ///
  /// - Parameter indices: by worker, then socket.
  mutating func look(_ indices: @autoclosure () -> [[ring_indices]], now: ContinuousClock.Instant = .now) -> [Stall]? {
    if let lastLook, now - lastLook < Self.interval { return nil }
    lastLook = now
    let present = indices()
    defer { former = present }
    var stalls: [Stall] = []
    for (worker, (before, after)) in zip(former, present).enumerated() {
      for (socket, (before, after)) in zip(before, after).enumerated() {
        for (ring, stands) in [(Ring.transmit, before.sendsNothing(until: after)), (.fill, before.takesNothing(until: after))] {
          let place = Place(worker: worker, socket: socket, ring: ring)
          standing[place] = stands ? standing[place, default: 0] + 1 : nil
          if let looks = standing[place] { stalls.append(Stall(worker: worker, socket: socket, ring: ring, looks: looks)) }
        }
      }
    }
    return stalls
  }
}

extension ring_indices {
  /// Frames were being sent, and none has been completed since.
  fileprivate func sendsNothing(until later: ring_indices) -> Bool { submitted != completed && later.completed == completed }

  /// The kernel missed frames to receive into, and took none of those that the fill ring had.
  fileprivate func takesNothing(until later: ring_indices) -> Bool {
    filled != taken && later.taken == taken && later.starved > starved
  }
}
