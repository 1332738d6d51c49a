namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>A host dies, at some request from now on; whoever asks it next finds a fresh one.</summary>
internal sealed record Kill(int Host, int After, bool CarriesOutTheLast) : Operation(Host)
{
    public override Task RunAsync(World world) => world.KillAsync(Host, After, CarriesOutTheLast);

    public override string ToString() =>
        After == 0 ? $"kill h{Host}" : $"kill h{Host} {After} requests later{(CarriesOutTheLast ? ", behind the last" : "")}";
}

/// <summary>A host stops as on a deployment; whoever asks it next finds a fresh one.</summary>
internal sealed record Stop(int Host) : Operation(Host)
{
    public override Task RunAsync(World world) => world.StopAsync(Host);

    public override string ToString() => $"stop h{Host}";
}

/// <summary>Second copies of requests arrive that were answered long ago.</summary>
internal sealed record DeliverCopies() : Operation(0)
{
    public override Task RunAsync(World world) => world.DeliverCopiesAsync();

    public override string ToString() => "late copies arrive";
}
