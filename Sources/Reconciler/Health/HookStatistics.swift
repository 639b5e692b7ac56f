/// What hooks have done.
package struct HookStatistics: Equatable, Sendable {
  package var run: UInt64
  package var failed: UInt64
  package var dropped: UInt64

  package init(run: UInt64 = 0, failed: UInt64 = 0, dropped: UInt64 = 0) {
    (self.run, self.failed, self.dropped) = (run, failed, dropped)
  }

  /// None until the first hook was wanted.
  var counters: [(name: String, meaning: String, value: UInt64)] {
    if self == HookStatistics() { return [] }
    return [
      ("hook-run", "hooks run; nonzero is normal", run),
      ("hook-failed", "hooks that failed or ran for too long; nonzero means a wrong command: see 'sluice events'", failed),
      (
        "hook-dropped", "hooks not run because too many waited; nonzero means many changes at once, or commands that hang",
        dropped
      ),
    ]
  }
}
