import ABI
import Forwarding
import Model

/// Where everything lies in the shared tables of one generation. The next generation is compiled against it.
///
/// A value: compiling reads the old layout and makes a new one, so a failed compilation changes nothing.
struct TableLayout: Equatable, Sendable {
  /// A real server's place.
  struct Place: Equatable, Sendable {
    private let number: Int32
    let incarnation: UInt16

    init(index: Int, incarnation: UInt16) {
      number = Int32(index)
      self.incarnation = incarnation
    }

    /// Index into the servers table and into each worker's counters.
    var index: Int { Int(number) }
  }

  /// A range of an arena.
  struct Span: Equatable, Sendable {
    var start: Int
    var count: Int
  }

  struct Service: Equatable, Sendable {
    var index: Int
    var servers: [ServerAddress: Place] = [:]
    /// Places in the ring arena and the member arena; nil while no server is on the ring.
    var ring: Span?
    var members: Span?
    /// Of schedulers that keep a server's place at weight 0: its latest weight above that.
    var lastWeights: [ServerAddress: Int] = [:]
    /// Digest of the ring's inputs.
    var digest: UInt64 = 0
    var hasPersistence = false
    /// The service has a live server.
    var isLive = false
    /// Servers that can be reached, but not by their method; see `Resolution.behindGateway`.
    var behindGateway: Set<IPAddress> = []
  }

  /// A VIP with the number of its services.
  struct VIP: Equatable, Sendable {
    var tcp = 0
    var udp = 0
    var live = 0

    var services: Int { tcp + udp }
    var flags: UInt8 {
      UInt8((live > 0 ? SLUICE_SLOT_LIVE : 0) | (tcp > 0 ? SLUICE_SLOT_TCP : 0) | (udp > 0 ? SLUICE_SLOT_UDP : 0))
    }
  }

  /// The servers reached by a tunnel to one address, possibly of several services. They share a counter of IP identifications (RFC 6864 4.3)
  /// and the learned path MTU, which are stored under one of their indices, the tunnel's name.
  struct Tunnel: Equatable, Sendable {
    private var number: Int32
    /// In the order of their indices; nearly all tunnels have one user, which needs no array.
    private var first: TunnelUser
    private var others: [TunnelUser] = []

    init(_ user: TunnelUser) {
      number = Int32(user.index)
      first = user
    }

    /// The index that the tunnel is named by.
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

    /// Nearly always all users have the same port, so the first one answers.
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

    /// - Returns: whether users are left.
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

    /// The position in `others` where the index is or would be inserted.
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
    /// GUE port; 0 for tunnels without ports.
    let port: UInt16
    private let serviceNumber: UInt16

    init(index: Int, service: Int, port: UInt16) {
      number = Int32(index)
      serviceNumber = UInt16(service)
      self.port = port
    }

    /// Index into the servers table.
    var index: Int { Int(number) }
    /// Index into the services table.
    var service: Int { Int(serviceNumber) }
  }

  private(set) var capacity: TableCapacity
  var services: [ServiceKey: Service] = [:]
  var persistentServices = 0
  var serviceIndices: IndexAllocator
  var serverIndices: IndexAllocator
  var rings: Arena
  var members: Arena
  var slots = SlotTable()
  var vips: [IPAddress: VIP] = [:]
  var tunnels: [IPAddress: Tunnel] = [:]
  /// Number of VIPs for each bit of the filter.
  var filter = [UInt16](repeating: 0, count: Int(SLUICE_VIP_FILTER_WORDS) * 64)

  init(capacity: TableCapacity) {
    self.capacity = capacity
    // A service index fills 16 bits of a flow's record, a server index 20 bits of its entry.
    serviceIndices = IndexAllocator(capacity: min(capacity.services, Int(UInt16.max)), incarnationMask: 0)
    serverIndices = IndexAllocator(capacity: min(capacity.servers, Int(SLUICE_SERVERS)), incarnationMask: 0xfff)
    rings = Arena(capacity: capacity.ringSlots, alignment: Int(SLUICE_RING_ALIGNMENT))
    members = Arena(capacity: capacity.members, alignment: Int(SLUICE_MEMBER_ALIGNMENT))
  }

  /// The same layout in larger tables; all indices and places stay.
  mutating func grow(to larger: TableCapacity) {
    capacity = larger
    serviceIndices.grow(to: min(larger.services, Int(UInt16.max)))
    serverIndices.grow(to: min(larger.servers, Int(SLUICE_SERVERS)))
    rings.grow(to: larger.ringSlots)
    members.grow(to: larger.members)
  }

  func place(of server: ServerAddress, in service: ServiceKey) -> Place? { services[service]?.servers[server] }
}
