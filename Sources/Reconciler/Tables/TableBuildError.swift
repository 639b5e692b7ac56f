import Model
import Netlink

/// Why a valid service table can't be laid out in the memory there is. Nothing has been written.
package enum TableBuildError: Error, Equatable, Sendable {
  case tooManyServices(needed: Int, limit: Int)
  case tooManyServers(needed: Int, limit: Int)
  case ringsTooLarge(needed: Int, limit: Int)
  case slotsFull(keys: Int, slots: Int)

  /// For programs; stable.
  package var code: String {
    switch self {
    case .tooManyServices: "too-many-services"
    case .tooManyServers: "too-many-servers"
    case .ringsTooLarge: "rings-too-large"
    case .slotsFull: "slots-full"
    }
  }
}

extension TableBuildError: CustomStringConvertible {
  /// One line: what is wrong and the limit to raise.
  package var description: String {
    switch self {
    case .tooManyServices(let needed, let limit):
      "\(needed) services, but there is room for \(limit): raise 'services' under director.limits and restart"
    case .tooManyServers(let needed, let limit):
      "\(needed) servers, counted once for each service, but there is room for \(limit): raise 'servers' under director.limits and restart"
    case .ringsTooLarge(let needed, let limit):
      "the rings take \(needed) slots, but there is room for \(limit): raise 'ring-slots' under director.limits and restart, or give "
        + "services a smaller 'ring'"
    case .slotsFull(let keys, let slots):
      "\(keys) services, VIPs and tunnels don't fit \(slots) look-up slots: raise 'services' under director.limits and restart"
    }
  }
}
