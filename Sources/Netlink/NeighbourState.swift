import Model

/// What is known about a next hop in use, from replies and events.
///
/// Most state changes of a neighbour entry don't matter to a director: an entry becomes stale, is probed and confirmed again; an unused entry is
/// deleted and resolved again; a dead one alternates between "failed" and "incomplete". So a usable hop stays usable until the kernel reports
/// "failed", and a failed one stays failed until it replies. Only a different verdict, MAC address or refusal is a change.
struct NeighbourState: Equatable, Sendable {
  enum Verdict: Equatable, Sendable {
    case usable(MACAddress)
    case pending
    case failed
  }

  /// How long the MAC address of a deleted entry stays in use. A poke makes the kernel resolve it again within 3 s, and the kernel gives up
  /// after three requests at intervals of a second: after 10 s no result is to be expected.
  static let hold: Duration = .seconds(10)

  private(set) var verdict: Verdict = .pending
  /// Set while the MAC address is that of a deleted entry.
  private(set) var heldUntil: ContinuousClock.Instant?
  /// The errno with which the kernel refused to resolve it, or 0.
  private(set) var refusal: Int32 = 0
  /// The entry has been read, or found missing.
  private(set) var isKnown = false
  /// The kernel has no entry, and no request to create one was sent since.
  private(set) var wantsEntry = false

  /// Updates it with the state of the kernel's entry. True if that changes an answer.
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

  /// Updates it with the result of a request to resolve it, 0 for success. True if that changes an answer.
  mutating func noteAsked(refusal errno: Int32) -> Bool {
    wantsEntry = false
    defer { refusal = errno }
    return refusal != errno
  }

  /// True if the MAC address of a deleted entry has expired.
  mutating func expire(at now: ContinuousClock.Instant) -> Bool {
    guard let end = heldUntil, now >= end else { return false }
    heldUntil = nil
    verdict = .pending
    return true
  }
}
