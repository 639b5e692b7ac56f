import ABI
import Forwarding
import Glibc

@testable import AFXDP

/// Tables in which every word has the number of its generation, so that a torn or overwritten half is detected.
struct CanaryTables: Sendable {
  static let poison = UInt64.max
  private static let words = 512
  let memory = TableMemory.allocate(TableCapacity(slots: 8, services: 8, servers: 64, ringSlots: 2048))

  init() { write(1, half: 0) }

  private func canary(_ tables: Tables) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(tables.servers).assumingMemoryBound(to: UInt64.self)
  }

  private func write(_ value: UInt64, half: Int) {
    let tables = memory.half(half)
    tables.half.pointee.generation = value
    for word in 0..<Self.words { canary(tables)[word] = value }
  }

  private var idle: Int { 1 - Int(memory.root.pointee.active & 1) }

  /// Builds the next generation in the idle half.
  func build(_ generation: UInt64) { write(generation, half: idle) }

  /// Poisons an old half, which no reader may use after the publication.
  func poisonIdle() {
    let tables = memory.half(idle)
    memset(canary(tables), 0xff, Self.words * 8)
    tables.half.pointee.generation = Self.poison
  }

  /// The generation of all tables, or nil if they are torn or poisoned.
  func generation(_ tables: Tables) -> UInt64? {
    let first = tables.half.pointee.generation
    let words = canary(tables)
    for word in 0..<Self.words where words[word] != first { return nil }
    return first == Self.poison ? nil : first
  }
}
