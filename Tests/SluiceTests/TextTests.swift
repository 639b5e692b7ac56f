import API
import Testing

@testable import Model
@testable import Reconciler
@testable import sluice

@Suite struct TextTests {
  private let web = ServiceKey(.tcp, IPAddress(10, 0, 0, 100), port: 80)

  @Test func `stats leaves out what is zero, and says so`() {
    let statistics = Statistics(
      steering: [Statistics.Counter(name: "steer-passed", meaning: "the kernel's", total: 0, workers: [])],
      rings: [],
      workers: [
        Statistics.Counter(name: "received", meaning: "taken", total: 0, workers: [0, 0]),
        Statistics.Counter(name: "dropped-ttl", meaning: "too old", total: 3, workers: [1, 2]),
      ],
      flows: []
    )
    #expect(
      statistics.text(zeros: false) == """
        COUNTER      TOTAL  WORKER 0  WORKER 1  MEANING
        received         0         0         0  taken
        dropped-ttl      3         1         2  too old

        1 counter is zero: --all shows them
        """
    )
    #expect(statistics.text(zeros: true).contains("steer-passed"))
  }

  @Test func `a change says what is live now`() {
    let change = ConfigurationChange(action: .remove, service: web, server: nil, settings: [])
    #expect(
      Applied(generation: 7, dryRun: false, changes: [change]).text == "- service tcp 10.0.0.100:80\ngeneration 7 is live"
    )
    #expect(Applied(generation: 7, dryRun: true, changes: [change]).text.hasSuffix("dry run: nothing has changed"))
    #expect(Applied(generation: 7, dryRun: false, changes: []).text == "nothing to change, generation 7 is live")
  }
}
