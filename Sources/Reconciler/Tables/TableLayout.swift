import ABI
import Forwarding
import Model

/// Where everything lies in the shared tables of one generation: what the next one is compiled against.
///
/// A value: compiling reads the former layout and makes the next, so a compilation that fails has changed nothing.
struct TableLayout: Equatable, Sendable {
  /// A real server's place.
  struct Place: Equatable, Sendable {
    private let number: Int32
    let incarnation: UInt16

    init(index: Int, incarnation: UInt16) {
      number = Int32(index)
      self.incarnation = incarnation
    }

    /// Into the servers table, and so into each worker's counters.
    var index: Int { Int(number) }
  }

  /// A part of an arena.
  struct Span: Equatable, Sendable {
    var start: Int
    var count: Int
  }

  struct Service: Equatable, Sendable {
    var index: Int
    var incarnation: UInt16
    var servers: [IPAddress: Place] = [:]
    /// Of the ring arena and the member arena; nil while no server is on the ring.
    var ring: Span?
    var members: Span?
    /// Of what the ring was filled by.
    var digest: UInt64 = 0
    /// Has a live server.
    var isLive = false
  }

  /// A VIP's services, counted.
  struct VIP: Equatable, Sendable {
    var tcp = 0
    var udp = 0
    var live = 0

    var services: Int { tcp + udp }
    var flags: UInt8 {
      UInt8((live > 0 ? SLUICE_SLOT_LIVE : 0) | (tcp > 0 ? SLUICE_SLOT_TCP : 0) | (udp > 0 ? SLUICE_SLOT_UDP : 0))
    }
  }

  /// The servers reached by a tunnel to one address, be they of several services: they share a counter of IP identifications (RFC 6864
  /// 4.3) and what is known of the path MTU, named by one of their indices.
  struct Tunnel: Equatable, Sendable {
    private var number: Int32
    /// In the order of their indices; of nearly all tunnels just one, which takes no array.
    private var first: TunnelUser
    private var others: [TunnelUser] = []

    init(_ user: TunnelUser) {
      number = Int32(user.index)
      first = user
    }

    /// The index it is named by.
    var name: Int {
      get { Int(number) }
      set { number = Int32(newValue) }
    }

    var users: [TunnelUser] { [first] + others }

    subscript(index: Int) -> TunnelUser? {
      if first.index == index { return first }
      let position = position(of: index)
      return position < others.count && others[position].index == index ? others[position] : nil
    }

    /// Of nearly all tunnels all users have the same port: the first answers.
    func has(port: UInt16) -> Bool { first.port == port || others.contains { $0.port == port } }

    mutating func add(_ user: TunnelUser) {
      if user.index == first.index {
        first = user
      } else if user.index < first.index {
        others.insert(first, at: 0)
        first = user
      } else {
        let position = position(of: user.index)
        if position < others.count, others[position].index == user.index {
          others[position] = user
        } else {
          others.insert(user, at: position)
        }
      }
    }

    /// - Returns: whether it has users left.
    mutating func remove(_ index: Int) -> Bool {
      if first.index == index {
        guard !others.isEmpty else { return false }
        first = others.removeFirst()
      } else {
        let position = position(of: index)
        if position < others.count, others[position].index == index { others.remove(at: position) }
      }
      return true
    }

    /// Among the others: where it is, or would come.
    private func position(of index: Int) -> Int {
      guard let last = others.last, last.index >= index else { return others.count }
      var (low, high) = (0, others.count)
      while low < high {
        let middle = (low + high) / 2
        if others[middle].index < index { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  /// A server reached by a tunnel.
  struct TunnelUser: Equatable, Sendable {
    private let number: Int32
    /// GUE's; 0 for tunnels without ports.
    let port: UInt16
    private let serviceNumber: UInt16

    init(index: Int, service: Int, port: UInt16) {
      number = Int32(index)
      serviceNumber = UInt16(service)
      self.port = port
    }

    /// Into the servers table.
    var index: Int { Int(number) }
    /// Into the services table.
    var service: Int { Int(serviceNumber) }
  }

  private(set) var capacity: TableCapacity
  var services: [ServiceKey: Service] = [:]
  var serviceIndices: IndexAllocator
  var serverIndices: IndexAllocator
  var rings: Arena
  var members: Arena
  var slots = SlotTable()
  var vips: [IPAddress: VIP] = [:]
  var tunnels: [IPAddress: Tunnel] = [:]
  /// VIPs by bit of the filter.
  var filter = [UInt16](repeating: 0, count: Int(SLUICE_VIP_FILTER_WORDS) * 64)

  init(capacity: TableCapacity) {
    self.capacity = capacity
    // Services fill 16 bits of a flow's record, servers 20 of its entry.
    serviceIndices = IndexAllocator(capacity: min(capacity.services, Int(UInt16.max)), incarnationMask: 0xffff)
    serverIndices = IndexAllocator(capacity: min(capacity.servers, Int(SLUICE_SERVERS)), incarnationMask: 0xfff)
    rings = Arena(capacity: capacity.ringSlots, alignment: Int(SLUICE_RING_ALIGNMENT))
    members = Arena(capacity: capacity.members, alignment: Int(SLUICE_MEMBER_ALIGNMENT))
  }

  /// The same in larger tables, every index and place as it was.
  mutating func grow(to larger: TableCapacity) {
    capacity = larger
    serviceIndices.grow(to: min(larger.services, Int(UInt16.max)))
    serverIndices.grow(to: min(larger.servers, Int(SLUICE_SERVERS)))
    rings.grow(to: larger.ringSlots)
    members.grow(to: larger.members)
  }

  func place(of address: IPAddress, in service: ServiceKey) -> Place? { services[service]?.servers[address] }
}
