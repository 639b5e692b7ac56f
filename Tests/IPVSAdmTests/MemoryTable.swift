import IPVSAdm
import Model
import Synchronization

/// A table in memory, without traffic.
final class MemoryTable: TableAccess {
  struct State {
    var table = ServiceTable()
    var timeouts = Timeouts()
  }

  let state = Mutex(State())

  var table: ServiceTable { state.withLock { $0.table } }

  func change(_ commands: [TableCommand]) async throws(Failure) {
    let result: Result<Void, Failure> = state.withLock { state in
      var changed = state
      for command in commands {
        do throws(Refusal) {
          try command.apply(to: &changed.table)
        } catch {
          return .failure(Failure(error.message, code: Failure.refused))
        }
        if case .set(let change) = command { changed.timeouts = changed.timeouts.changed(by: change) }
      }
      state = changed
      return .success(())
    }
    try result.get()
  }

  func report(of service: ServiceKey?) async throws(Failure) -> TableReport? {
    state.withLock { state in
      var report = TableReport(state.table, timeouts: state.timeouts)
      guard let service else { return report }
      report.services.removeAll { $0.service.key != service }
      return report.services.isEmpty ? nil : report
    }
  }

  func connections() async throws(Failure) -> [ListedConnection] { [] }
}
