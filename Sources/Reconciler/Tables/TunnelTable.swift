import ABI
import Forwarding
import Model
import Netlink

/// What all servers of one address share, be they of several services: the counter of IP identifications (RFC 6864 4.3) and what is known of
/// the way there, named by the lowest index among them; and where an ICMP error finds that index.
struct TunnelTable {
  /// An outer packet's destination and, for GUE, its port; 0 for what has no ports.
  struct Key: Hashable {
    let address: IPAddress
    let port: UInt16
  }

  private(set) var indices: [IPAddress: UInt16] = [:]
  private(set) var slots: [Key: UInt16] = [:]

  init(_ servers: some Collection<(index: Int, entry: sluice_server)>) {
    for (index, entry) in servers {
      let address = IPAddress(entry.address)
      indices[address] = min(indices[address] ?? .max, UInt16(index))
    }
    for (_, entry) in servers where Int(entry.method) != SLUICE_DIRECT {
      let address = IPAddress(entry.address)
      let port = Int(entry.method) == SLUICE_GUE ? UInt16(bigEndian: entry.tunnel_port_be) : 0
      slots[Key(address: address, port: port)] = indices[address]
    }
  }
}
