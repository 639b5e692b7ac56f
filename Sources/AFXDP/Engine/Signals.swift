import CXDP
import Glibc

/// SIGTERM, SIGINT and SIGHUP, which from now on don't end the process but come out here.
package struct Signals: Sendable {
  private let descriptor: Int32

  package init() throws(EngineFailure) {
    descriptor = signals_catch()
    guard descriptor >= 0 else { throw EngineFailure("can't catch SIGTERM: \(EngineFailure.words(descriptor))") }
    // A client that goes away while it is answered is an error of that write, not of the process.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits for the next one; nil when none came in time.
  package func next(within time: Duration) -> Int32? {
    let number = signals_next(descriptor, Int32(time / .milliseconds(1)))
    return number > 0 ? number : nil
  }
}
