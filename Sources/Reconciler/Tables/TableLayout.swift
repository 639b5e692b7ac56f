import ABI
import Forwarding
import Model

/// Where everything lies in the shared tables of one generation: what the next one is compiled against.
///
/// A value: compiling reads the former layout and makes the next, so a compilation that fails has changed nothing.
struct TableLayout: Equatable, Sendable {
  /// A real server's place.
  struct Place: Equatable, Sendable {
    /// Into the servers table, and so into each worker's counters.
    var index: Int
    var incarnation: UInt16
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
    var name: Int
    /// By index into the servers table.
    var servers: [Int: TunnelUser]
    /// How many of them are behind each port.
    var ports: [UInt16: Int]

    /// - Returns: the tunnel's name.
    mutating func add(_ index: Int, _ user: TunnelUser) -> Int {
      if servers.updateValue(user, forKey: index) == nil { ports[user.port, default: 0] += 1 }
      return name
    }
  }

  struct TunnelUser: Equatable, Sendable {
    var service: ServiceKey
    /// GUE's; 0 for tunnels without ports.
    var port: UInt16
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
