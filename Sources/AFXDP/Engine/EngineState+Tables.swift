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
    replacePrograms()
    Grace.wait(epochs)
    // Reports may still read the old tables, so they are freed at the next switch.
    retired?.halves.free()
    retired = former
  }
}
