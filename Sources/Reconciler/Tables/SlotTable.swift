import ABI
import Forwarding
import Model

/// The reconciler's copy of the open-addressed table {address, port, protocol} -> service, with the slots that a change has touched.
///
/// A reader probes at most `SLUICE_PROBES` slots from a key's home and stops at a free one. To keep every key within that bound, a key that
/// is farther from home than the resident takes its slot and the resident moves on (Robin Hood hashing, Celis 1986), and after a removal the
/// following keys move back. Plain linear probing would break the bound at a quarter of the load. An insertion touches a handful of slots,
/// whatever the table's size.
struct SlotTable: Equatable, Sendable {
  struct Key: Hashable, Sendable {
    let address: IPAddress
    /// Host order.
    let port: UInt16
    let protocolNumber: UInt8

    static func vip(_ address: IPAddress) -> Key { Key(address: address, port: 0, protocolNumber: 0) }
    static func service(_ key: ServiceKey) -> Key {
      Key(address: key.address, port: key.port, protocolNumber: key.protocol.rawValue)
    }
    static func tunnel(_ address: IPAddress, port: UInt16) -> Key {
      Key(address: address, port: port, protocolNumber: UInt8(SLUICE_SLOT_TUNNEL))
    }

    var hash: UInt32 { address.slotHash(port: port, protocolNumber: protocolNumber) }
  }

  struct Entry: Equatable, Sendable {
    let key: Key
    let hash: UInt32
    var value: UInt32
    /// SLUICE_SLOT_*.
    var flags: UInt8
  }

  /// For each position the number of an entry, or `free`. There are as many positions as slots in the shared table, a power of two. Numbers,
  /// because entries are ten times as large and three of four slots are free.
  private var places: [Int32]
  private var entries: [Entry] = []
  /// Numbers of removed entries.
  private var vacant: [Int32] = []
  /// Positions changed since the last `forgetTouched`: all of them when the table is new or was rebuilt.
  private(set) var touched: Set<Int> = []
  private(set) var isLaidOutAnew = true

  static let smallest = 64
  private static let free: Int32 = -1

  init() { self.init(size: Self.smallest) }

  private init(size: Int) { places = Array(repeating: Self.free, count: size) }

  var size: Int { places.count }
  var mask: Int { places.count - 1 }
  var count: Int { entries.count - vacant.count }

  subscript(position: Int) -> Entry? {
    places[position] == Self.free ? nil : entries[Int(places[position])]
  }

  subscript(key: Key) -> Entry? { position(of: key, key.hash).flatMap { self[$0] } }

  mutating func forgetTouched() {
    touched = []
    isLaidOutAnew = false
  }

  /// Adds or changes a key. Returns false and changes nothing if the table would need more than `limit` slots.
  mutating func set(_ key: Key, _ value: UInt32, flags: UInt8 = 0, limit: Int) -> Bool {
    let hash = key.hash
    let entry = Entry(key: key, hash: hash, value: value, flags: flags)
    if let position = position(of: key, hash) {
      if self[position] != entry {
        entries[Int(places[position])] = entry
        touch(position)
      }
      return true
    }
    // Load at most a quarter if there is room: the probe bound is then safe.
    if (count + 1) * 4 <= size || size * 2 > limit, insert(entry) { return true }
    return enlarge(adding: entry, limit: limit)
  }

  mutating func remove(_ key: Key) {
    guard var position = position(of: key, key.hash) else { return }
    vacant.append(places[position])
    // Following keys that are not at home move back by one.
    while true {
      let next = (position + 1) & mask
      guard let follower = self[next], distance(next, follower.hash) > 0 else { break }
      put(places[next], at: position)
      position = next
    }
    put(Self.free, at: position)
  }

  private mutating func put(_ number: Int32, at position: Int) {
    places[position] = number
    touch(position)
  }

  private mutating func touch(_ position: Int) { if !isLaidOutAnew { touched.insert(position) } }

  private func distance(_ position: Int, _ hash: UInt32) -> Int { (position - Int(hash)) & mask }

  private func position(of key: Key, _ hash: UInt32) -> Int? {
    for step in 0..<Int(SLUICE_PROBES) {
      let position = (Int(hash) + step) & mask
      guard let entry = self[position] else { return nil }
      if entry.key == key { return position }
    }
    return nil
  }

  /// Returns false and changes nothing if some key would exceed the probe bound.
  private mutating func insert(_ entry: Entry) -> Bool {
    var moves: [(position: Int, number: Int32)] = []
    var carried = vacant.last ?? Int32(entries.count)
    var position = Int(entry.hash) & mask
    var steps = 0
    // A chain of residents that each move on: bounded by the run of taken slots, which is short at a quarter's load.
    for _ in 0..<size {
      guard steps < Int(SLUICE_PROBES) else { return false }
      guard let resident = self[position] else {
        moves.append((position, carried))
        if let number = vacant.popLast() { entries[Int(number)] = entry } else { entries.append(entry) }
        for move in moves { put(move.number, at: move.position) }
        return true
      }
      if distance(position, resident.hash) < steps {
        moves.append((position, carried))
        carried = places[position]
        steps = distance(position, resident.hash)
      }
      position = (position + 1) & mask
      steps += 1
    }
    return false
  }

  private mutating func enlarge(adding entry: Entry, limit: Int) -> Bool {
    // Sorted, so that the same keys give the same table whatever the order of insertion.
    let all = (places.filter { $0 != Self.free }.map { entries[Int($0)] } + [entry]).sorted(by: Self.precedes)
    var size = size
    while size < limit {
      size *= 2
      var larger = SlotTable(size: size)
      if all.allSatisfy({ larger.insert($0) }) {
        self = larger
        return true
      }
    }
    return false
  }

  /// Adopts the slots of a half of the shared tables.
  init(adopting tables: Tables) {
    self.init(size: Int(tables.half.pointee.slot_mask) + 1)
    for position in places.indices {
      guard let entry = Entry(tables.slots[position]) else { continue }
      places[position] = Int32(entries.count)
      entries.append(entry)
    }
    isLaidOutAnew = false
  }

  private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
    (left.hash, left.key.protocolNumber, left.value) < (right.hash, right.key.protocolNumber, right.value)
  }

  // Ignores the numbers of the entries.
  static func == (left: Self, right: Self) -> Bool {
    left.size == right.size && left.touched == right.touched && left.isLaidOutAnew == right.isLaidOutAnew
      && left.places.indices.allSatisfy { left[$0] == right[$0] }
  }
}

extension SlotTable.Entry {
  /// Nil for a free slot.
  init?(_ slot: sluice_slot) {
    guard slot.service != UInt32(SLUICE_NO_SERVICE) else { return nil }
    let key = SlotTable.Key(
      address: IPAddress(slot.address),
      port: UInt16(bigEndian: slot.port_be),
      protocolNumber: slot.protocol
    )
    self.init(key: key, hash: key.hash, value: slot.service, flags: slot.flags)
  }

  /// The slot as the shared table stores it.
  var slot: sluice_slot {
    var slot = sluice_slot()
    slot.address = key.address.tuple
    slot.port_be = key.port.bigEndian
    slot.protocol = key.protocolNumber
    slot.flags = flags
    slot.service = value
    return slot
  }
}

extension sluice_slot {
  static var free: sluice_slot {
    var slot = sluice_slot()
    slot.service = UInt32(SLUICE_NO_SERVICE)
    return slot
  }
}
