import Model

/// What the options of a command line have said so far.
struct CommandLineContents {
  static let commands: Set<Option> = [
    .addService, .editService, .deleteService, .clear, .list, .zero, .addServer, .editServer, .deleteServer, .set, .help,
    .version, .restore, .save, .startDaemon, .stopDaemon,
  ]

  var given: Set<Aspect> = []
  // The service.
  var transport: ServiceProtocol?
  var address: IPAddress?
  var port: UInt16 = 0
  var mark: UInt32 = 0
  /// Of a firewall mark.
  var isIPv6Mark = false
  var scheduler = ""
  var schedulerFlags: SchedulerFlags = []
  var schedulerFlagText = ""
  var persistence: Int?
  var netmask: UInt32 = .max
  var engine: String?
  // The server.
  var server = ServerAddress(IPAddress(word: 0))
  var method = Method.gatewaying
  var tunnelType = TunnelType.ipip
  var tunnelPort: Int?
  var weight = 1
  var upperThreshold = 0
  var lowerThreshold = 0
  var timeouts = TimeoutChange()

  enum Method { case gatewaying, ipip, masquerading }

  /// Whether what is known of the service so far is IPv6: `-M` goes by it, and so must follow the service.
  var isIPv6: Bool { mark > 0 ? isIPv6Mark : address.map { !$0.isIPv4 } ?? false }

  mutating func say(_ aspect: Aspect) throws(Failure) {
    guard given.insert(aspect).inserted else { throw Failure("multiple '\(aspect.rawValue)' options specified") }
  }
}
