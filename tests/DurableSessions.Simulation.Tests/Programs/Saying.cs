using DurableSessions.Core.Appending;
using DurableSessions.Simulation.Tests.Model;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>Appends messages that are new.</summary>
internal sealed record Append(int Host, int Session, int Count, bool Keyed) : Operation(Host)
{
    public override Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        return SendAsync(world, Host, session, session.Invent(Count, Keyed));
    }

    public override string ToString() => $"append {Count} to s{Session}{(Keyed ? " with a key" : "")} on h{Host}";

    internal static async Task SendAsync(World world, int host, SessionModel session, Utterance utterance)
    {
        Attempt attempt = session.Sending(utterance);
        if (await world.AskAsync(host, h => h.AppendAsync(session.Key, utterance.Key, utterance.Texts)) is AppendResult stored)
        {
            session.Sent(utterance, attempt, stored.MessageIds);
        }
    }
}

/// <summary>Appends messages again under their key, after any outcome of the first append.</summary>
internal sealed record AppendAgain(int Host, int Session, int Choice) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        if (session.FindKeyed(Choice) is { } utterance)
        {
            await Append.SendAsync(world, Host, session, utterance);
        }
    }

    public override string ToString() => $"append again to s{Session}, {Choice} keys back, on h{Host}";
}
