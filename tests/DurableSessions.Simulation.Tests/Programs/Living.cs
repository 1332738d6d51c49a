using DurableSessions.Core.Errors;
using DurableSessions.Core.State;
using DurableSessions.Simulation.Tests.Model;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>Reads a session whole.</summary>
internal sealed record Read(int Host, int Session) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        long start = world.Clock.Next();
        try
        {
            if (await world.AskAsync(Host, h => Look.AtAsync(h.Store, session.Key, world.Clock)) is { } look)
            {
                session.CheckThere(start);
                session.Check(look);
            }
        }
        catch (Exception e) when (e is SessionNotFoundException or ArchiveNotFoundException)
        {
            session.CheckGone(start);
        }
        catch (Exception e) when (session.MayBeDeletedSince(start))
        {
            // What is deleted while it is read may be gone in part.
            world.Note(e);
        }
    }

    public override string ToString() => $"read s{Session} on h{Host}";
}

/// <summary>Looks at a session's counts.</summary>
internal sealed record Get(int Host, int Session) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        long start = world.Clock.Next();
        try
        {
            if (await world.AskAsync(Host, h => h.Store.Sessions.GetAsync(session.Key, autoCreate: false, World.Cancelled)) is { } info)
            {
                session.CheckThere(start);
                session.Check(start, info);
            }
        }
        catch (SessionNotFoundException)
        {
            session.CheckGone(start);
        }
    }

    public override string ToString() => $"get s{Session} on h{Host}";
}

/// <summary>Creates a session.</summary>
internal sealed record Create(int Host, int Session) : Operation(Host)
{
    public override async Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        Attempt attempt = session.Creating();
        try
        {
            if (await world.AskAsync(
                Host,
                h => h.Store.Sessions.CreateAsync(World.Owner, session.Key.Id, new SessionSettings(), null, World.Cancelled)) is not null)
            {
                session.CheckGone(attempt.Start);
                session.Done(attempt);
            }
        }
        catch (SessionExistsException)
        {
            session.Refused(attempt);
            session.CheckThere(attempt.Start);
        }
    }

    public override string ToString() => $"create s{Session} on h{Host}";
}

/// <summary>Deletes a session; its client tries until the answer is that it is gone.</summary>
internal sealed record Delete(int Host, int Session) : Operation(Host)
{
    private const int MaxTries = 5;

    public override async Task RunAsync(World world)
    {
        SessionModel session = world.Sessions[Session];
        Attempt attempt = session.Deleting();
        for (int tries = 1; tries <= MaxTries; tries++)
        {
            try
            {
                if (await world.AskAsync(Host, async h =>
                {
                    await h.Store.Sessions.DeleteAsync(session.Key, World.Cancelled);
                    return true;
                }))
                {
                    session.Done(attempt);
                    return;
                }
            }
            catch (SessionNotFoundException)
            {
                if (tries == 1)
                {
                    session.Refused(attempt);
                    session.CheckGone(attempt.Start);
                }
                else
                {
                    session.Done(attempt);
                }

                return;
            }
        }
    }

    public override string ToString() => $"delete s{Session} on h{Host}";
}
