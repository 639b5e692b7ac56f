import Glibc
import Model

/// The claim of one process to an interface.
///
/// The rejected choice is an abstract socket name, which needs no folder: any user of the host can take the name first, and a crashed daemon
/// then can't start again.
final class InterfaceClaim {
  private let lock: LockFile

  /// Where the locks are: systemd's RuntimeDirectory= of the unit, of several the first (systemd.exec(5)), else /run/sluice.
  static var folder: String {
    let given = getenv("RUNTIME_DIRECTORY").map { String(cString: $0) }
    return given?.split(separator: ":").first.map(String.init) ?? "/run/sluice"
  }

  /// The lock is per network namespace, like the interface's name.
  init(_ name: String) throws(EngineFailure) {
    let folder = Self.folder
    if let fault = OwnFolder.fault(making: folder) { throw EngineFailure("can't claim \(name) in the folder \(fault)") }
    let path = "\(folder)/net-\(PinPath.namespace)-\(name).lock"
    do throws(LockFile.Refusal) {
      lock = try LockFile(path)
    } catch {
      switch error {
      case .held: throw EngineFailure("another sluice already runs on \(name): stop it first, `fuser \(path)` shows its process")
      case .failed(let what, let errno): throw EngineFailure("can't \(what) \(path): \(EngineFailure.words(-errno))")
      }
    }
  }
}
