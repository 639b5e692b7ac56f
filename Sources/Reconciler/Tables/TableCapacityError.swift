import Forwarding

/// Why a valid service table does not fit the shared tables. Nothing has been changed.
package enum TableCapacityError: Error, Equatable, Sendable {
  case tooManyServices(needed: Int, limit: Int)
  case tooManyServers(needed: Int, limit: Int)
  case ringsTooLarge(needed: Int, limit: Int)
  case slotsFull(keys: Int, slots: Int)

  /// A stable code for programs.
  package var code: String {
    switch self {
    case .tooManyServices: "too-many-services"
    case .tooManyServers: "too-many-servers"
    case .ringsTooLarge: "rings-too-large"
    case .slotsFull: "slots-full"
    }
  }
}

extension TableCapacityError: CustomStringConvertible {
  /// One line: what is wrong and how to fix it.
  package var description: String {
    switch self {
    case .tooManyServices(let needed, let limit):
      "\(needed) services do not fit tables for \(limit): raise 'services' under director.limits, or leave it out, and restart"
    case .tooManyServers(let needed, let limit):
      "\(needed) servers, each counted once for each of its services, do not fit tables for \(limit): raise 'servers' under "
        + "director.limits, or leave it out, and restart"
    case .ringsTooLarge(let needed, let limit):
      "rings of \(needed) slots in all do not fit tables for \(limit): raise 'ring-slots' under director.limits, or leave it out, "
        + "and restart; or give services a smaller 'ring'"
    case .slotsFull(let keys, let slots):
      "\(keys) services, VIPs and tunnels do not fit \(slots) look-up slots: raise 'services' under director.limits, or leave it out, "
        + "and restart"
    }
  }
}
