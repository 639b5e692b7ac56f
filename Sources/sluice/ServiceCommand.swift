import API
import ArgumentParser
import Configuration
import Model
import Netlink
import Offline
import Reconciler

struct ServiceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service",
    abstract: "Add, change, remove and list virtual services.",
    subcommands: [Add.self, Set.self, Remove.self, List.self]
  )

  /// Settings of a service.
  struct Settings: ParsableArguments {
    @Option(help: "How the server of a new flow is chosen.")
    var scheduler: Model.Scheduler?

    @Option(help: "A scheduler's flags: fallback, port (both for mh and sh).")
    var schedulerFlag: [SchedulerFlags] = []

    @Option(help: "Seconds for which a client's connections go to one server; 0: each by itself.")
    var persistence: Int?

    @Option(help: "Which clients count as one: a netmask such as 255.255.255.0, or a prefix length of IPv6.")
    var persistenceNetmask: String?

    @Flag(inversion: .prefixedNo, help: "UDP: schedule each packet by itself.")
    var onePacket: Bool?

    @Option(help: "Slots of the Maglev ring: auto (at least 100 a server), or a prime such as 65537 or 655373.")
    var ring: RingSize?

    @Option(help: "What happens to the flows of a removed server: a new server by hash, or drop.")
    var onServerLoss: ServerLossPolicy?

    @Option(help: "The answer to new flows while no server is live: ICMP port unreachable, or for TCP a reset.")
    var noServer: NoServerAnswer?

    @Option(help: "The server for new flows while no other server is live.", transform: ServerArguments.address)
    var sorry: IPAddress?

    @Option(help: "How packets reach the sorry server. Default: direct.")
    var sorryForward: ForwardingMethod?

    @Flag(
      inversion: .prefixedNo,
      help: "Whether a service of any port may take the host's own traffic, ssh included, if the VIP is the host's own address."
    )
    var takesHost: Bool?

    @OptionGroup var check: CheckArguments

    func validate() throws {
      if sorry == nil && sorryForward != nil { throw ValidationError("--sorry-forward needs --sorry: give both") }
      if let persistence, persistence != 0, !Persistence.timeouts.contains(persistence) {
        throw ValidationError("--persistence \(persistence) is not in 0...\(Persistence.timeouts.upperBound): give seconds")
      }
      if let persistenceNetmask {
        guard persistence ?? 0 > 0 else { throw ValidationError("--persistence-netmask needs --persistence: give both") }
        guard Persistence.mask(persistenceNetmask) != nil else {
          throw ValidationError("--persistence-netmask '\(persistenceNetmask)' is not \(Persistence.maskForm)")
        }
      }
    }

    var flags: SchedulerFlags? { schedulerFlag.isEmpty ? nil : SchedulerFlags(schedulerFlag) }

    /// `.some(nil)`: none from now on.
    func persistence(of service: ServiceKey) -> Persistence?? {
      guard let persistence else { return nil }
      guard persistence > 0 else { return .some(nil) }
      let mask = persistenceNetmask.flatMap { Persistence.mask($0) } ?? Persistence.single(isIPv4: service.address.isIPv4)
      return Persistence(timeout: persistence, netmask: mask)
    }

    var sorryServer: SorryServer? { sorry.map { SorryServer($0, method: sorryForward ?? .direct) } }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add a virtual service.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var settings: Settings
    @OptionGroup var edit: EditOptions

    func run() async throws {
      let added = VirtualService(
        try service.key,
        scheduler: settings.scheduler ?? .maglev,
        flags: settings.flags ?? [],
        ringSize: settings.ring ?? .auto,
        persistence: settings.persistence(of: try service.key) ?? nil,
        onePacket: settings.onePacket ?? false,
        onServerLoss: settings.onServerLoss ?? .rehash,
        noServer: settings.noServer ?? .unreachable,
        sorry: settings.sorryServer,
        takesHost: settings.takesHost ?? false,
        check: settings.check.given
      )
      try await edit.carryOut { try await $0.add(added) }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Change a virtual service; settings not given stay.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var settings: Settings

    @Flag(help: "Remove the sorry server.")
    var noSorry = false

    @Flag(help: "Remove the service's check.")
    var noCheck = false

    @OptionGroup var edit: EditOptions

    func validate() throws {
      if noSorry && settings.sorry != nil { throw ValidationError("--sorry and --no-sorry are both given: keep one") }
    }

    func run() async throws {
      let wanted = ServiceSettings(
        scheduler: settings.scheduler,
        flags: settings.flags,
        ring: settings.ring,
        persistence: settings.persistence(of: try service.key),
        onePacket: settings.onePacket,
        onServerLoss: settings.onServerLoss,
        noServer: settings.noServer,
        sorry: noSorry ? .some(nil) : settings.sorryServer.map { .some($0) },
        takesHost: settings.takesHost,
        check: try settings.check.replacing(none: noCheck)
      )
      try await edit.carryOut { try await $0.set(try service.key, to: wanted) }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a virtual service and its servers.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var edit: EditOptions

    func run() async throws { try await edit.carryOut { try await $0.remove(try service.key) } }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the virtual services.")

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var listing: ListingOptions

    func run() async throws {
      let client = daemon.client
      guard listing.json else { return print(try await client.servicesText(), terminator: "") }
      try listing.showJSON(try await client.services())
    }
  }
}
