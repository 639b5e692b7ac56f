import ABI
import Forwarding
import Glibc

@testable import AFXDP

/// A daemon's state for one interface before it has workers: maps, program, attachment.
final class Life {
  let interface: AttachedInterface
  let tables: TableMemory
  let flows: [FlowTable]
  let isTakenOver: Bool
  let attachment: Attachment
  /// The notes that the operator sees.
  let note: String?
  private var descriptors: Descriptors?

  init(_ name: String, _ change: (inout EngineOptions) -> Void = { _ in }) throws {
    var options = EngineOptions(interfaces: [name], flows: 1024, capacity: TestTopology.capacity)
    change(&options)
    interface = try AttachedInterface(name, slot: 0)
    let descriptors = try Descriptors(options, interface)
    (tables, flows, isTakenOver) = (descriptors.maps.tables.tables, descriptors.maps.flows, descriptors.maps.isTakenOver)
    (attachment, note) = try Attachment.attach(descriptors.program.descriptor, to: interface, options.mode)
    self.descriptors = descriptors
    let entries = (UnsafeMutableRawPointer(tables.root) + Int(SLUICE_ROOT_INTERFACES)).assumingMemoryBound(
      to: sluice_interface.self
    )
    entries[0].ifindex = interface.ifindex
  }

  func pin() throws -> String {
    guard let path = PinPath.link(interface.name) else { throw Failed("no bpffs on /sys/fs/bpf") }
    return path
  }

  /// As if the process ended: the descriptors are closed, nothing else happens.
  func end() {
    if case .link(let descriptor, _) = attachment.hold { close(descriptor) }
    descriptors = nil
  }

  private final class Descriptors {
    let maps: SteeringMaps
    let program: SteeringProgram

    init(_ options: EngineOptions, _ interface: AttachedInterface) throws {
      maps = try SteeringMaps(options, workers: 1, interfaces: [interface])
      program = try SteeringProgram(maps.programMaps(maps.tables), holding: maps.descriptors(maps.tables))
    }
  }
}
