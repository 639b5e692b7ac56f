/// The options of ipvsadm 1.31, named by their long names.
enum Option: String, CaseIterable {
  // Commands: the first option is one of these, and no later one may be.
  case addService = "add-service"
  case editService = "edit-service"
  case deleteService = "delete-service"
  case clear
  case list
  case zero
  case addServer = "add-server"
  case editServer = "edit-server"
  case deleteServer = "delete-server"
  case set
  case help
  case version
  case restore
  case save
  case startDaemon = "start-daemon"
  case stopDaemon = "stop-daemon"
  // What a command is about, and how.
  case tcpService = "tcp-service"
  case udpService = "udp-service"
  case sctpService = "sctp-service"
  case fwmarkService = "fwmark-service"
  case ipv6
  case scheduler
  case persistent
  case netmask
  case realServer = "real-server"
  case masquerading
  case ipip
  case gatewaying
  case tunnelType = "tun-type"
  case tunnelPort = "tun-port"
  case tunnelNoChecksum = "tun-nocsum"
  case tunnelChecksum = "tun-csum"
  case tunnelRemoteChecksum = "tun-remcsum"
  case weight
  case upperThreshold = "u-threshold"
  case lowerThreshold = "l-threshold"
  case onePacket = "ops"
  case engine = "pe"
  case schedulerFlags = "sched-flags"
  case numeric
  case connection
  case timeout
  case daemon
  case stats
  case rate
  case thresholds
  case persistentConnections = "persistent-conn"
  case tunnelInfo = "tun-info"
  case noSort = "nosort"
  case sort
  case exact
  case syncID = "syncid"
  case syncLength = "sync-maxlen"
  case multicastInterface = "mcast-interface"
  case multicastGroup = "mcast-group"
  case multicastPort = "mcast-port"
  case multicastTTL = "mcast-ttl"

  enum Argument { case none, required, optional }

  var argument: Argument {
    switch self {
    case .startDaemon, .stopDaemon, .tcpService, .udpService, .sctpService, .fwmarkService, .scheduler, .netmask, .realServer,
      .tunnelType, .tunnelPort, .weight, .upperThreshold, .lowerThreshold, .engine, .schedulerFlags, .syncID, .syncLength,
      .multicastInterface, .multicastGroup, .multicastPort, .multicastTTL:
      .required
    case .persistent: .optional
    default: .none
    }
  }

  private static let letters: [UInt8: Option] = [
    UInt8(ascii: "A"): .addService, UInt8(ascii: "E"): .editService, UInt8(ascii: "D"): .deleteService,
    UInt8(ascii: "C"): .clear, UInt8(ascii: "L"): .list, UInt8(ascii: "l"): .list, UInt8(ascii: "Z"): .zero,
    UInt8(ascii: "a"): .addServer, UInt8(ascii: "e"): .editServer, UInt8(ascii: "d"): .deleteServer,
    UInt8(ascii: "h"): .help, UInt8(ascii: "v"): .version, UInt8(ascii: "R"): .restore, UInt8(ascii: "S"): .save,
    UInt8(ascii: "t"): .tcpService, UInt8(ascii: "u"): .udpService, UInt8(ascii: "f"): .fwmarkService,
    UInt8(ascii: "6"): .ipv6, UInt8(ascii: "s"): .scheduler, UInt8(ascii: "p"): .persistent, UInt8(ascii: "M"): .netmask,
    UInt8(ascii: "r"): .realServer, UInt8(ascii: "m"): .masquerading, UInt8(ascii: "i"): .ipip,
    UInt8(ascii: "g"): .gatewaying, UInt8(ascii: "w"): .weight, UInt8(ascii: "x"): .upperThreshold,
    UInt8(ascii: "y"): .lowerThreshold, UInt8(ascii: "o"): .onePacket, UInt8(ascii: "b"): .schedulerFlags,
    UInt8(ascii: "n"): .numeric, UInt8(ascii: "c"): .connection, UInt8(ascii: "X"): .exact,
  ]

  init?(letter: UInt8) {
    guard let option = Self.letters[letter] else { return nil }
    self = option
  }
}
