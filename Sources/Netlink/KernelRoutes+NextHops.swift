import Model

extension KernelRoutes {
  /// `resolve`, as next hops. `slots`: from an interface's index to its slot in `sluice_root.interfaces`.
  ///
  /// Neighbours that were never asked for before are waited for, `patience` long at most: most answer within a millisecond, and
  /// a server just added should be in the generation that says so. When the kernel can't be asked, its last answers stand:
  /// forwarding as before beats not forwarding.
  package func ways(
    to destinations: [IPAddress],
    slots: [UInt32: Int],
    patience: Duration = .milliseconds(300)
  ) async -> [IPAddress: Result<NextHop, NextHopFault>] {
    let deadline = ContinuousClock.now + patience
    let before = lastAnswers
    var answers: [IPAddress: RouteAnswer]
    do throws(NetlinkError) {
      answers = try resolve(destinations)
      var awaited = answers.filter { $0.value.isPending && before[$0.key] == nil }.map(\.key)
      while !awaited.isEmpty, ContinuousClock.now < deadline, !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(2))
        answers.merge(try resolve(awaited)) { _, new in new }
        awaited.removeAll { answers[$0]?.isPending != true }
      }
    } catch {
      let known = lastAnswers
      return Dictionary(
        destinations.map { ($0, known[$0].map { Self.way($0, slots) } ?? .failure(.notAsked(error))) },
        uniquingKeysWith: { $1 }
      )
    }
    return answers.mapValues { Self.way($0, slots) }
  }

  private static func way(_ answer: RouteAnswer, _ slots: [UInt32: Int]) -> Result<NextHop, NextHopFault> {
    Result { () throws(NextHopFault) in try answer.nextHop(slots: slots) }
  }
}

extension RouteAnswer {
  fileprivate var isPending: Bool { if case .neighbourPending = self { true } else { false } }
}
