import ABI
import CXDP
import Glibc

/// The maps of the steering program that a previous daemon left on an interface. By number where that is allowed (CAP_SYS_ADMIN), which needs
/// no bpffs; otherwise by their pins. Only maps that the attached program has: pins may be older or newer than it after a crash.
final class FormerMaps: Sendable {
  /// Name of the program's pin beside those of its maps.
  static let programPin = "sl_program"

  private let numbers: Set<UInt32>
  private let byName: [String: UInt32]
  private let pins: String?

  /// - Parameters:
  ///   - program: what is attached.
  ///   - interface: the first of the data plane.
  init(_ program: AttachedProgram, on interface: String) throws(EngineFailure) {
    pins = PinPath.maps(interface)
    let descriptor = Self.open(program, pins)
    guard descriptor >= 0 else {
      throw EngineFailure(
        descriptor == -EPERM
          ? "finding its maps needs CAP_SYS_ADMIN, or its pins in \(PinPath.folder)"
          : "its program can't be opened: \(EngineFailure.words(descriptor))"
      )
    }
    defer { close(descriptor) }
    var ids = [UInt32](repeating: 0, count: Int(STEERING_MAPS))
    let count = steering_program_maps(descriptor, &ids, Int32(ids.count))
    guard count >= 0 else { throw EngineFailure("its maps can't be listed: \(EngineFailure.words(count))") }
    numbers = Set(ids[..<Int(count)])
    byName = Self.named(numbers)
  }

  /// A descriptor, or -errno.
  func open(_ name: String) -> Int32 {
    if let number = byName[name] { return steering_open_map(number) }
    guard let pins else { return -ENOENT }
    let map = steering_open_pin("\(pins)/\(name)")
    guard map >= 0 else { return map }
    guard let identity = MapIdentity(map), identity.name == name, numbers.contains(identity.number) else {
      close(map)
      return -ENOENT
    }
    return map
  }

  /// Indices of the interfaces whose NICs took VLAN tags off before Sluice; none if that can't be read.
  var strippers: Set<UInt32> {
    let maps = MapSet(source: .former(self))
    guard let root: UnsafeMutablePointer<sluice_root> = try? maps.table("sl_root", count: 1),
      root.pointee.layout == UInt32(SLUICE_LAYOUT)
    else { return [] }
    return Self.strippers(root)
  }

  static func strippers(_ root: UnsafeMutablePointer<sluice_root>) -> Set<UInt32> {
    let entries = UnsafeMutableRawPointer(root).advanced(by: Int(SLUICE_ROOT_INTERFACES))
      .assumingMemoryBound(to: sluice_interface.self)
    let marked = (0..<Int(SLUICE_INTERFACES)).filter { entries[$0].flags & UInt8(SLUICE_INTERFACE_STRIPS_TAGS) != 0 }
    return Set(marked.map { entries[$0].ifindex })
  }

  private static func open(_ program: AttachedProgram, _ pins: String?) -> Int32 {
    let direct = steering_open_program(program.id)
    guard direct == -EPERM, let pins else { return direct }
    let pinned = steering_open_pin("\(pins)/\(programPin)")
    guard pinned >= 0 else { return direct }
    var id: UInt32 = 0
    if steering_program_id(pinned, &id) == 0, id == program.id { return pinned }
    close(pinned)
    return direct
  }

  /// Empty without CAP_SYS_ADMIN.
  private static func named(_ numbers: Set<UInt32>) -> [String: UInt32] {
    var named: [String: UInt32] = [:]
    for number in numbers {
      let map = steering_open_map(number)
      guard map >= 0 else { continue }
      if let identity = MapIdentity(map) { named[identity.name] = number }
      close(map)
    }
    return named
  }
}

struct MapIdentity {
  let number: UInt32
  let name: String

  init?(_ map: Int32) {
    var number: UInt32 = 0
    var name = [CChar](repeating: 0, count: 17)
    guard steering_map_identity(map, &number, &name) == 0 else { return nil }
    self.number = number
    self.name = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
