import CXDP
import Glibc

/// Where to get maps from.
enum MapSource: Sendable {
  case new
  case former(FormerMaps)

  var isFormer: Bool { if case .former = self { true } else { false } }
}

/// BPF maps, opened in turn and mapped into the process. They are unmapped and closed with the set, also when opening a later one fails.
// A class: its holders are replaced while the program runs, and a noncopyable value fits in no array and no optional property.
final class MapSet {
  /// A map's memory in this process.
  struct Mapping {
    let memory: UnsafeMutableRawPointer
    let bytes: Int
  }

  let source: MapSource
  private(set) var descriptors: [Int32] = []
  private(set) var mappings: [Mapping] = []

  init(source: MapSource) { self.source = source }

  deinit {
    for mapping in mappings { steering_unmap_memory(mapping.memory, mapping.bytes) }
    for descriptor in descriptors { close(descriptor) }
  }

  func map(_ name: String, _ make: (String) -> Int32) throws(EngineFailure) -> Int32 {
    let descriptor =
      switch source {
      case .new: make(name)
      case .former(let maps): maps.open(name)
      }
    guard descriptor >= 0 else { throw Self.failure(descriptor, source.isFormer ? "find" : "make", name) }
    descriptors.append(descriptor)
    return descriptor
  }

  static func failure(_ error: Int32, _ doing: String, _ name: String) -> EngineFailure {
    switch error {
    case -EPERM: EngineFailure.noPermission("\(doing) BPF maps")
    case -EMFILE: EngineFailure("too many open files for the map \(name): raise `ulimit -n`")
    default: EngineFailure("cannot \(doing) the map \(name): \(EngineFailure.words(error))")
    }
  }

  /// A table of `count` elements of type T, in map elements of `elements` each, mapped into the process.
  ///
  /// - Parameter isPopulated: all pages at once. For the flow tables, which workers would otherwise fault in while packets wait.
  func table<T>(_ name: String, count: Int, elements: Int = 1, isPopulated: Bool = false) throws(EngineFailure)
    -> UnsafeMutablePointer<T>
  {
    let value = MemoryLayout<T>.stride * elements
    let entries = (count + elements - 1) / elements
    let map = try map(name) { steering_make_table($0, UInt32(value), UInt32(entries)) }
    var found: (value: UInt32, entries: UInt32) = (0, 0)
    guard steering_map_size(map, &found.value, &found.entries) == 0, found == (UInt32(value), UInt32(entries)) else {
      throw EngineFailure("the map \(name) of the former daemon has \(found.entries) elements where its root says \(entries)")
    }
    let bytes = value * entries
    var error: Int32 = 0
    guard let memory = steering_map_memory(map, bytes, isPopulated ? 1 : 0, &error) else {
      throw EngineFailure(
        "no memory for the \(bytes >> 20) MiB of \(name): \(EngineFailure.words(error)); director.limits and director.flows size it"
      )
    }
    mappings.append(Mapping(memory: memory, bytes: bytes))
    return memory.bindMemory(to: T.self, capacity: count)
  }
}
