import Model

/// What is known of one next hop in use, from answers and events alike.
///
/// The kernel's entries come and go in ways that are no news to a director: an entry turns stale, is probed, is confirmed again; an idle one is
/// collected and asked for anew; a dead one that someone uses flickers between "failed" and "being asked for". So a hop once good stays good
/// until the kernel says "failed", and one that failed stays so until it answers. Only a change of that verdict, of the MAC address or of the
/// kernel's refusal to ask is a change.
struct NeighbourState: Equatable, Sendable {
  enum Verdict: Equatable, Sendable {
    case usable(MACAddress)
    case pending
    case failed
  }

  /// How long a MAC address holds after the kernel deleted the entry. Within 3 s a poke has the kernel ask again, and the kernel gives up
  /// after three questions a second apart; what is not known by then has nobody who would say "failed".
  static let hold: Duration = .seconds(10)

  private(set) var verdict: Verdict = .pending
  /// Set while the MAC address is only held.
  private(set) var heldUntil: ContinuousClock.Instant?
  /// Errno of the kernel's refusal to ask; 0: none.
  private(set) var refusal: Int32 = 0
  /// The kernel has said something of it, be it that there is no entry.
  private(set) var isKnown = false
  /// The kernel has no entry, and has not been asked to make one since.
  private(set) var wantsEntry = false

  /// Takes in what the kernel said. True if it changes an answer.
  mutating func learn(_ seen: Neighbour, at now: ContinuousClock.Instant) -> Bool {
    let before = (verdict, refusal)
    isKnown = true
    wantsEntry = seen == .unknown
    if seen != .unknown { refusal = 0 }
    switch seen {
    case .live(let mac), .stale(let mac), .fixed(let mac):
      verdict = .usable(mac)
      heldUntil = nil
    case .failed:
      verdict = .failed
      heldUntil = nil
    case .unknown, .asked:
      if case .usable = verdict, heldUntil == nil { heldUntil = now + Self.hold }
    }
    return before != (verdict, refusal)
  }

  /// Takes in whether the kernel agreed to ask for it. True if it changes an answer.
  mutating func noteAsked(refusal errno: Int32) -> Bool {
    wantsEntry = false
    defer { refusal = errno }
    return refusal != errno
  }

  /// True if the time of a held MAC address is over.
  mutating func expire(at now: ContinuousClock.Instant) -> Bool {
    guard let end = heldUntil, now >= end else { return false }
    heldUntil = nil
    verdict = .pending
    return true
  }
}
