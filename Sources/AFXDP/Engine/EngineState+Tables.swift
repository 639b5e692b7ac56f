import ABI
import Forwarding

/// Publishes generations, and replaces tables by larger ones under the running program.
extension EngineState {
  /// Creates new maps that hold the same tables; the reconciler writes the next generation into them.
  mutating func grow(to capacity: TableCapacity) throws(EngineFailure) -> TableMemory {
    let larger = try (coming ?? maps.tables).enlarged(to: capacity)
    coming = larger
    return larger.tables
  }

  /// Flips to the idle half, or to larger tables if `grow` made some. Returns once no reader uses the previous generation.
  mutating func publish(_ memory: TableMemory) {
    if let coming, coming.tables.root == memory.root {
      self.coming = nil
      memory.flip()
      switchOver(to: coming)
    } else {
      published.flip(halves, epochs)
    }
  }

  /// Switches the workers first, then the kernel's side, each by one store. In between a frame may be steered by the old tables and forwarded
  /// by the new ones, as at any flip.
  private mutating func switchOver(to larger: TableMaps) {
    let former = (maps.replaceTables(by: larger), halves)
    halves = TableHalves(larger.tables)
    enterInterfaces()
    published.publish(halves)
    replaceProgram()
    Grace.wait(epochs)
    // Reports may still read the old tables, so they are freed at the next switch.
    retired?.halves.free()
    retired = former
  }

  /// Loads the program with the tables in force and replaces the running one.
  mutating func replaceProgram() {
    guard program != nil else { return }
    steeringFault = nil
    do throws(EngineFailure) {
      let next = try SteeringProgram(
        maps.programMaps(maps.tables),
        holding: maps.descriptors(maps.tables),
        takesJumbo: takesJumbo
      )
      for slot in interfaces.indices {
        if let attachment = attachments[slot] { attachments[slot] = try attachment.replace(by: next, on: interfaces[slot].name) }
      }
      program = next
      pinMaps()
    } catch {
      // The old program keeps steering by the old tables: what they contain stays right, new services are left to the kernel.
      steeringFault = "steering goes by the tables before they were enlarged, since its program could not be replaced: \(error)"
    }
  }
}
