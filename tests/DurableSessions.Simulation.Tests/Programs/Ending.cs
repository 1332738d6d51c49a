namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>A host dies, at some request from now on; a client that asks it next finds a fresh one.</summary>
internal sealed record Kill(int Host, int After, LastRequest Last) : Operation(Host)
{
    public override Task RunAsync(World world) => world.KillAsync(Host, After, Last);

    public override string ToString() => After == 0 ? $"kill h{Host}" : $"kill h{Host} {After} requests later{Last switch
    {
        LastRequest.CarriedOut => ", behind the last",
        LastRequest.ArrivesLate => ", the last on its way",
        _ => "",
    }}";
}

/// <summary>A host stops as on a deployment; a client that asks it next finds a fresh one.</summary>
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

/// <summary>The answer to one request of a host is lost: what it asked for is done, and it hears so some time later.</summary>
internal sealed record Lose(int Host, int After, int Milliseconds) : Operation(Host)
{
    public override Task RunAsync(World world) => world.LoseAsync(Host, After, TimeSpan.FromMilliseconds(Milliseconds));

    public override string ToString() => $"h{Host} loses an answer {After} requests later, and hears so after {Milliseconds} ms";
}
