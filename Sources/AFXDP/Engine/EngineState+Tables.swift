import ABI
import Forwarding

/// Generations, and larger tables under the running program.
extension EngineState {
  /// New maps that hold the same tables, for the reconciler to write the next generation into.
  mutating func grow(to capacity: TableCapacity) throws(EngineFailure) -> TableMemory {
    let larger = try (coming ?? maps.tables).enlarged(to: capacity)
    coming = larger
    return larger.tables
  }

  /// Flips to the idle half of the tables in force, or to larger tables that were made meanwhile. Returns once nobody reads the former
  /// generation any more.
  mutating func publish(_ memory: TableMemory) {
    memory.flip()
    if let coming, coming.tables.root == memory.root {
      self.coming = nil
      switchOver(to: coming)
    } else {
      published.publish(halves)
      Grace.wait(epochs)
    }
  }

  /// Workers first, then the kernel's side, each by one store: in between a frame may be steered by the former tables and decided by the
  /// new ones, as at any flip.
  private mutating func switchOver(to larger: TableMaps) {
    let former = (maps.replaceTables(by: larger), halves)
    halves = TableHalves(larger.tables)
    enterInterfaces()
    published.publish(halves)
    replaceProgram()
    Grace.wait(epochs)
    // Reports may still read the former ones: they go with the next such change.
    retired?.halves.free()
    retired = former
  }

  private mutating func replaceProgram() {
    guard program != nil else { return }
    do throws(EngineFailure) {
      let next = try SteeringProgram(maps.programMaps(maps.tables), holding: maps.descriptors(maps.tables))
      for slot in interfaces.indices {
        if let attachment = attachments[slot] { attachments[slot] = try attachment.replace(by: next, on: interfaces[slot].name) }
      }
      program = next
    } catch {
      // The former program goes on steering by the former tables: what it knows stays right, what is new it leaves to the kernel.
      notes.append("the steering program could not be replaced: \(error)")
    }
  }
}
