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
        service.key,
        scheduler: settings.scheduler ?? .maglev,
        ringSize: settings.ring ?? .auto,
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
        ring: settings.ring,
        onServerLoss: settings.onServerLoss,
        noServer: settings.noServer,
        sorry: noSorry ? .some(nil) : settings.sorryServer.map { .some($0) },
        takesHost: settings.takesHost,
        check: try settings.check.replacing(none: noCheck)
      )
      try await edit.carryOut { try await $0.set(service.key, to: wanted) }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a virtual service and its servers.")

    @OptionGroup var service: ServiceArguments
    @OptionGroup var edit: EditOptions

    func run() async throws { try await edit.carryOut { try await $0.remove(service.key) } }
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
