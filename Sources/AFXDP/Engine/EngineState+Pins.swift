import CXDP
import Glibc

/// Pins the program and its maps for a daemon that takes over without CAP_SYS_ADMIN.
extension EngineState {
  /// After the program has been attached or replaced, so that there are no pins of maps that no attached program has. Without a bpffs, or if
  /// pins are not safe there, nothing is pinned: a daemon with CAP_SYS_ADMIN does not need them.
  mutating func pinMaps() {
    guard let first = interfaces.first, let program = programs[0], let folder = PinPath.makeMaps(first.name) else { return }
    var pins = maps.descriptors(maps.tables).compactMap { map in MapIdentity(map).map { ($0.name, map) } }
    pins.append((FormerMaps.programPin, program.descriptor))
    for (name, descriptor) in pins {
      let path = "\(folder)/\(name)"
      unlink(path)
      _ = steering_pin(descriptor, path)
    }
  }
}
