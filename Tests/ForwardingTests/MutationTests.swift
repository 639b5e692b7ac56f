import ABI
import Glibc
import Testing

@testable import Forwarding

/// Valid frames, mutated by a seeded generator. Each lies at the edge of a forbidden page, and each result is compared with the
/// slow reference.
@Suite struct MutationTests {
  /// 300,000 frames by default, changed by SLUICE_FUZZ_FRAMES and SLUICE_FUZZ_SEED; a failure prints the values that reproduce
  /// it.
  @Test func `mutated frames get the reference's verdict and bytes, and nothing outside them is changed`() {
    let frames = Self.number("SLUICE_FUZZ_FRAMES", 300_000)
    let seed = Self.number("SLUICE_FUZZ_SEED", 2)
    var run = MutationRun(seed: UInt64(seed))
    for index in 0..<frames {
      if let complaint = run.step() {
        Issue.record("frame \(index) of seed \(seed): \(complaint)\n\(run.hex)")
        return
      }
    }
    #expect(run.director.counters.received.pointee == UInt64(frames))
    let counted = Outcome.allCases.reduce(0) { $0 + run.director.count($1) }
    #expect(counted == UInt64(frames), "every frame is counted by exactly one outcome")
    let summary = Outcome.allCases.map { "\($0.name) \(run.director.count($0))" }.joined(separator: ", ")
    print("mutation: \(frames) frames of seed \(seed): \(summary)")
    // Every refusal must have occurred, or the run proves nothing.
    for outcome in Outcome.allCases where !Self.unreached.contains(outcome) {
      #expect(run.director.count(outcome) > 0, "\(outcome)")
    }
  }

  /// Outcomes that need more than one frame, more frames a second or another service than the topology's.
  private static let unreached: [Outcome] = [
    .droppedServerGone, .droppedUnresolved, .droppedTransmitFull, .droppedRateLimited, .answeredReset,
  ]

  private static func number(_ name: String, _ otherwise: Int) -> Int {
    getenv(name).flatMap { Int(String(cString: $0)) } ?? otherwise
  }
}

/// Processes one frame after the other.
private struct MutationRun {
  let director = TestDirector(buckets: 4096)
  fileprivate let pages = GuardedPages()
  private var random: XorShift
  private var datagrams = Reference.Datagrams()
  private var tunnels = Reference.SentTunnels()
  private let originals: [[UInt8]]
  fileprivate var frame: [UInt8] = []

  init(seed: UInt64) {
    random = XorShift(seed: seed)
    director.spares.poison()
    originals = Mutation.originals.map(\.bytes) + Mutation.originalsIPv6.map(\.bytes) + Mutation.tunnelErrors
  }

  var hex: String { frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

  /// What is wrong, or nil.
  mutating func step() -> String? {
    frame = originals[random.below(originals.count)]
    for _ in 0..<random.below(4) { Mutation.mutate(&frame, &random) }
    // A wrong checksum hides the checks after it, so most are corrected.
    if random.below(8) != 0 { Mutation.correctChecksum(&frame) }
    let headroom = random.below(4) == 0 ? random.below(32) : 64
    let placed = pages.place(frame, headroom: headroom, end: random.below(2) == 0 ? .left : .right)
    var batch = placed
    var verdict = Verdict.drop(.droppedTransmitFull, server: 0)
    // A hundred frames a second, so that the fragment table never holds more first fragments than it has room for.
    director.now = UInt32(truncatingIfNeeded: director.counters.received.pointee / 100)
    director.forwarder.process(&batch, count: 1, director.tables.half, now: director.now, into: &verdict)
    director.forwarder.count(&verdict, 1)
    let outputFragments = director.spares.take(from: director.forwarder.outputFragments)[0] ?? []
    if let complaint = director.spares.complaint { return complaint }
    if let complaint = complaint(placed, headroom: headroom, verdict, outputFragments) ?? holdComplaint(verdict) {
      return complaint
    }
    datagrams.note(frame, server: verdict.server, now: director.now)
    noteTunnel(placed, verdict)
    return nil
  }

  private func complaint(_ placed: Frame, headroom: Int, _ verdict: Verdict, _ outputFragments: [[UInt8]]) -> String? {
    let start = placed.bytes
    let end = start + frame.count
    guard verdict.outcome == .forwarded else {
      let expected = Reference.outcome(frame, headroom: headroom, datagrams, now: director.now) { self.server(of: verdict) }
      if expected == .droppedLearnedMTU { return pathComplaint(verdict) ?? untouchedComplaint(placed, outputFragments) }
      if verdict.outcome != expected { return "\(verdict.outcome), but the reference says \(expected)" }
      if verdict.action == .answer { return answerComplaint(placed, verdict) }
      return untouchedComplaint(placed, outputFragments)
    }
    let server = self.server(of: verdict)
    let expected = Reference.outcome(frame, headroom: headroom, datagrams, now: director.now, server: { server })
    if expected != .forwarded { return "forwarded, but the reference says \(expected)" }
    if let first = Reference.read(frame, datagrams, now: director.now)?.server, first != verdict.server {
      return "a later fragment went to server \(verdict.server), the first one to \(first)"
    }
    let sentStart = start + Int(verdict.start)
    let sent = Array(UnsafeRawBufferPointer(start: sentStart, count: Int(verdict.length)))
    let all = [sent] + outputFragments
    if all != Reference.frames(frame, datagrams, now: director.now, by: server, all) {
      return "the forwarded bytes are not the reference's"
    }
    for sent in all where Reference.isTunnelled(server) {
      if let complaint = Reference.Choice(sent, server).complaint(server) { return complaint }
    }
    return pages.isClean(outside: min(start, sentStart)..<end) ? nil : "bytes outside the frame and its headers were changed"
  }
}

extension MutationRun {
  /// A held fragment is released at its timeout, before its memory is used again.
  private func holdComplaint(_ verdict: Verdict) -> String? {
    guard verdict.action == .hold else { return director.forwarder.holding == 0 ? nil : "a frame is still held" }
    let released = director.release(after: 2)
    return released.map(\.outcome) == [.droppedLateFragment] ? nil : "held, then \(released.map(\.outcome))"
  }

  /// The server's record, with the MTU that the director has learned; other tests check that it learns correctly.
  private func server(of verdict: Verdict) -> sluice_server {
    let tables = director.tables.half
    var server = tables.servers[Int(verdict.server)]
    guard Reference.isTunnelled(server), let learned = tables.learned(Int(server.tunnel), now: director.now) else {
      return server
    }
    server.mtu = min(server.mtu, learned.mtu)
    return server
  }

  private func untouchedComplaint(_ placed: Frame, _ outputFragments: [[UInt8]]) -> String? {
    let bytes = Array(UnsafeRawBufferPointer(start: placed.bytes, count: frame.count))
    if !outputFragments.isEmpty { return "fragments of a frame that is not forwarded" }
    if bytes != frame { return "a frame that is not forwarded was changed" }
    return pages.isClean(outside: placed.bytes..<placed.bytes + frame.count) ? nil : "bytes outside the frame were changed"
  }

  /// An error about an outer packet. No tunnel of the topology has tags.
  private func pathComplaint(_ verdict: Verdict) -> String? {
    guard let network = Reference.networkOffset(frame) ?? Reference.networkOffset(frame, type: 0x86dd) else { return "no packet" }
    var outcomes = tunnels.outcomes(Array(frame[network...]), tunnel: verdict.server, director.tables.half.servers)
    if network != 14 { outcomes = [.droppedRefusedMTU] }
    return outcomes.contains(verdict.outcome) ? nil : "\(verdict.outcome), but the reference says \(outcomes)"
  }

  private mutating func noteTunnel(_ placed: Frame, _ verdict: Verdict) {
    if let network = Reference.networkOffset(frame) ?? Reference.networkOffset(frame, type: 0x86dd) {
      tunnels.note(received: Array(frame[network...]))
    }
    guard verdict.outcome == .forwarded else { return }
    let server = director.tables.half.servers[Int(verdict.server)]
    guard Reference.isTunnelled(server) else { return }
    let sent = UnsafeRawBufferPointer(start: placed.bytes + Int(verdict.start), count: Int(verdict.length))
    tunnels.note(Array(sent.dropFirst(Reference.link(server, isIPv6: false).count)), server: verdict.server)
  }

  private func answerComplaint(_ placed: Frame, _ verdict: Verdict) -> String? {
    let start = placed.bytes + Int(verdict.start)
    let sent = Array(UnsafeRawBufferPointer(start: start, count: Int(verdict.length)))
    let expected = Reference.answered(frame, verdict.outcome) { server(of: verdict) }
    if sent != expected { return "\(verdict.outcome), but the bytes are not the reference's" }
    let touched = min(placed.bytes, start)..<max(placed.bytes + frame.count, start + sent.count)
    return pages.isClean(outside: touched) ? nil : "bytes outside the frame and its reply were changed"
  }
}

/// Marsaglia's xorshift64*: fast and the same on every machine.
struct XorShift {
  private var state: UInt64

  init(seed: UInt64) { state = Maglev.mix(seed) | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  mutating func below(_ limit: Int) -> Int { Int(((next() >> 32) &* UInt64(limit)) >> 32) }
}
