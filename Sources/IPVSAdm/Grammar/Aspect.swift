/// What a command line has said: each at most once. Messages name it by its raw value; in the order in which ipvsadm examines them.
enum Aspect: String, CaseIterable {
  case numeric
  case connection
  case service = "service-address"
  case scheduler
  case persistent
  case netmask
  case server = "real-server"
  case method = "forwarding-method"
  case weight
  case upperThreshold = "u-threshold"
  case lowerThreshold = "l-threshold"
  case multicastInterface = "mcast-interface"
  case timeout
  case daemon
  case stats
  case rate
  case thresholds
  case persistentConnections = "persistent-conn"
  case noSort = "nosort"
  case syncID = "syncid"
  case exact
  case onePacket = "ops"
  case engine = "pe"
  case schedulerFlags = "sched-flags"
  case multicastGroup = "mcast-group"
  case multicastPort = "mcast-port"
  case multicastTTL = "mcast-ttl"
  case syncLength = "sync-maxlen"
  case tunnelInfo = "tun-info"
  case tunnelType = "tun-type"
  case tunnelPort = "tun-port"
  case tunnelNoChecksum = "tun-nocsum"
  case tunnelChecksum = "tun-csum"
  case tunnelRemoteChecksum = "tun-remcsum"

  /// Of a tunnel to a real server.
  static let ofTunnels: [Aspect] = [.tunnelType, .tunnelPort, .tunnelNoChecksum, .tunnelChecksum, .tunnelRemoteChecksum]
}

/// Which aspects go with something: a command or a tunnel type.
struct Legality {
  /// As messages call it, such as `'list' command`.
  var name: String
  var needed: [Aspect] = []
  var allowed: [Aspect] = []
  /// At most one of these.
  var exclusive: [Aspect] = []

  func check(_ given: Set<Aspect>, among aspects: [Aspect] = Aspect.allCases) throws(Failure) {
    var first: Aspect?
    for aspect in aspects {
      guard given.contains(aspect) else {
        if needed.contains(aspect) { throw Failure("You need to supply the '\(aspect.rawValue)' option for the \(name)") }
        continue
      }
      if exclusive.contains(aspect) {
        if let first {
          throw Failure("The option '\(aspect.rawValue)' conflicts with the '\(first.rawValue)' option in the \(name)")
        }
        first = aspect
      } else if !needed.contains(aspect), !allowed.contains(aspect) {
        throw Failure("Illegal '\(aspect.rawValue)' option with the \(name)")
      }
    }
  }
}

extension Legality {
  /// What goes with a command.
  static func of(_ command: Option) -> Legality {
    switch command {
    case .addService, .editService:
      Legality(
        name: "'\(command.rawValue)' command",
        needed: [.service],
        allowed: [.scheduler, .persistent, .netmask, .onePacket, .engine, .schedulerFlags]
      )
    case .deleteService: Legality(name: "'delete-service' command", needed: [.service])
    case .addServer, .editServer:
      Legality(
        name: "'\(command.rawValue)' command",
        needed: [.service, .server],
        allowed: [.method, .weight, .upperThreshold, .lowerThreshold] + Aspect.ofTunnels
      )
    case .deleteServer: Legality(name: "'delete-server' command", needed: [.service, .server])
    case .list:
      Legality(
        name: "'list' command",
        allowed: [
          .numeric, .stats, .rate, .thresholds, .persistentConnections, .noSort, .syncID, .exact, .tunnelInfo,
        ],
        exclusive: [.connection, .service, .timeout, .daemon]
      )
    // `-C` has another name in messages than as an option.
    case .clear: Legality(name: "'flush' command")
    case .zero: Legality(name: "'zero' command", allowed: [.service])
    case .save: Legality(name: "'save' command", allowed: [.numeric])
    case .startDaemon:
      Legality(
        name: "'start-daemon' command",
        allowed: [.multicastInterface, .syncID, .multicastGroup, .multicastPort, .multicastTTL, .syncLength]
      )
    case .stopDaemon: Legality(name: "'stop-daemon' command", allowed: [.syncID])
    default: Legality(name: "'\(command.rawValue)' command")
    }
  }

  /// What goes with a tunnel type.
  static func of(_ type: TunnelType) -> Legality {
    let name = "'\(type.rawValue)' tunnel type"
    return switch type {
    case .ipip: Legality(name: name, allowed: [.tunnelType])
    case .gue:
      Legality(
        name: name,
        needed: [.tunnelPort],
        allowed: [.tunnelType],
        exclusive: [.tunnelNoChecksum, .tunnelChecksum, .tunnelRemoteChecksum]
      )
    case .gre: Legality(name: name, allowed: [.tunnelType], exclusive: [.tunnelNoChecksum, .tunnelChecksum])
    }
  }
}

enum TunnelType: String { case ipip, gue, gre }
