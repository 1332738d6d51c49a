namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>What one client does.</summary>
/// <param name="Host">Through which host.</param>
internal abstract record Operation(int Host)
{
    /// <summary>Does it, and checks the answer; what is known by it goes into the model.</summary>
    public abstract Task RunAsync(World world);

    public abstract override string ToString();
}
