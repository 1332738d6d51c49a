using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Sessions;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Model;

/// <summary>
/// What a session may and must look like, given what its clients sent and got. A message that was acknowledged is there, one
/// whose outcome is unknown is there whole or not at all; a deletion takes with it what was before.
/// </summary>
/// <param name="key">The session.</param>
/// <param name="clock">Its clients' clock.</param>
/// <param name="fallsBack">Whether the built-in digest may stand in for the model, which then digests the same messages again.</param>
internal sealed class SessionModel(SessionKey key, Clock clock, bool fallsBack)
{
    private readonly Lock _lock = new();
    private readonly List<Utterance> _said = [];
    private readonly List<Attempt> _creations = [];
    private readonly List<Attempt> _deletions = [];
    private readonly List<Look> _looks = [];
    private int _texts;

    public SessionKey Key { get; } = key;

    public Clock Clock { get; } = clock;

    /// <summary>Whether a client has ever sent anything that could have made it.</summary>
    public bool IsKnown
    {
        get
        {
            lock (_lock)
            {
                return _creations.Count > 0 || _said.Exists(static u => u.Attempts.Count > 0);
            }
        }
    }

    /// <summary>Makes up messages that no client has sent yet.</summary>
    public Utterance Invent(int count, bool keyed)
    {
        lock (_lock)
        {
            string[] texts =
            [
                .. Enumerable.Range(_texts + 1, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{Key.Id}m{n}")),
            ];
            _texts += count;
            var utterance = new Utterance(texts, keyed ? Words.Key(texts[0]) : null);
            _said.Add(utterance);
            return utterance;
        }
    }

    /// <summary>An utterance with a key that was sent before; <see langword="null"/> where there is none.</summary>
    public Utterance? FindKeyed(int choice)
    {
        lock (_lock)
        {
            List<Utterance> keyed = [.. _said.Where(static u => u.Key is not null)];
            return keyed.Count == 0 ? null : keyed[^((choice % keyed.Count) + 1)];
        }
    }

    public Attempt Sending(Utterance utterance) => Note(utterance.Attempts);

    public Attempt Creating() => Note(_creations);

    public Attempt Deleting() => Note(_deletions);

    /// <summary>Its messages are stored, and have these ids, however often they are sent.</summary>
    public void Sent(Utterance utterance, Attempt attempt, IReadOnlyList<string> ids)
    {
        lock (_lock)
        {
            attempt.Acknowledge(Clock.Next());
            utterance.Ids ??= ids;
            Violation.Unless(
                ids.Count == utterance.Texts.Length && ids.SequenceEqual(utterance.Ids),
                $"{utterance.Texts[0]} was answered with ids [{string.Join(' ', utterance.Ids)}], and then with [{string.Join(' ', ids)}]");
        }
    }

    public void Done(Attempt attempt)
    {
        lock (_lock)
        {
            attempt.Acknowledge(Clock.Next());
        }
    }

    /// <summary>It was refused, and did nothing.</summary>
    public void Refused(Attempt attempt)
    {
        lock (_lock)
        {
            _creations.Remove(attempt);
            _deletions.Remove(attempt);
        }
    }

    /// <summary>A client got the answer that there is no such session.</summary>
    public void CheckGone(long start)
    {
        lock (_lock)
        {
            long end = Clock.Next();
            Violation.Unless(
                !_said.Exists(u => StoredAt(u, start, end) is not null) && !_creations.Exists(c => IsCertain(c, c.Start, start, end)),
                $"{Key.Id} is not found, though something was acknowledged after its last deletion");
        }
    }

    /// <summary>A client got the answer that there is such a session.</summary>
    public void CheckThere(long start)
    {
        lock (_lock)
        {
            Violation.Unless(
                _said.SelectMany(static u => u.Attempts).Concat(_creations).Any(a => !IsDeleted(a, start)),
                $"{Key.Id} is there, though it was deleted, and nothing was sent to it since");
        }
    }

    /// <summary>Whether it may have been deleted since.</summary>
    public bool MayBeDeletedSince(long start)
    {
        lock (_lock)
        {
            return _deletions.Any(d => d.End > start);
        }
    }

    /// <summary>A client counted its messages.</summary>
    public void Check(long start, SessionInfo info)
    {
        lock (_lock)
        {
            long end = Clock.Next();
            int least = _said.Where(u => StoredAt(u, start, end) is not null).Sum(static u => u.Texts.Length);
            int most = _said.Where(u => u.Attempts.Exists(a => !IsDeleted(a, start))).Sum(static u => u.Texts.Length);
            Violation.Unless(
                info.TotalMessageCount >= least && info.TotalMessageCount <= most,
                $"{Key.Id} has {info.TotalMessageCount} messages; {least} to {most} were expected");
        }
    }

    /// <summary>A client read all of it.</summary>
    public void Check(Look look)
    {
        lock (_lock)
        {
            if (_deletions.Any(d => d.End > look.Start))
            {
                // What was read first may be of another life than what was read then.
                return;
            }

            CheckMessages(look);
            CheckOrder(look);
            CheckOverview(look);
            foreach (Look before in _looks.Where(l => l.End < look.Start && !_deletions.Any(d => d.End > l.Start && d.Start < look.End)))
            {
                Violation.Unless(
                    look.Messages.Take(before.Messages.Count).SequenceEqual(before.Messages),
                    $"{Key.Id} was read as {before}, and later as {look}");
                Violation.Unless(
                    look.Covered != before.Covered || look.IsProvisional || before.IsProvisional || look.Overview == before.Overview
                        || (fallsBack && !WasBefore(before, look)),
                    $"{Key.Id} had the overview '{before.Overview}', and of the same messages later '{look.Overview}'");
            }

            _looks.Add(look);
        }
    }

    // An overview is made again once: the first one of the same messages never comes back.
    private bool WasBefore(Look second, Look third) => _looks.Any(first =>
        first.End < second.Start && !first.IsProvisional && first.Covered == third.Covered && first.Overview == third.Overview
        && !_deletions.Any(d => d.End > first.Start && d.Start < third.End));

    private void CheckMessages(Look look)
    {
        Violation.Unless(
            look.Messages.DistinctBy(static m => m.Text).Count() == look.Messages.Count,
            $"{Key.Id} has messages twice: {look}");
        Dictionary<string, int> places = look.Messages.Index().ToDictionary(static m => m.Item.Text, static m => m.Index);
        int found = 0;
        foreach (Utterance utterance in _said)
        {
            if (!places.TryGetValue(utterance.Texts[0], out int at))
            {
                Violation.Unless(
                    StoredAt(utterance, look.Start, look.End) is null,
                    $"{Key.Id} has lost {utterance.Texts[0]}, which was acknowledged: {look}");
                continue;
            }

            found += utterance.Texts.Length;
            Violation.Unless(
                look.Messages.Skip(at).Take(utterance.Texts.Length).Select(static m => m.Text).SequenceEqual(utterance.Texts),
                $"{Key.Id} has not all of {string.Join(' ', utterance.Texts)} in its order: {look}");
            Violation.Unless(
                utterance.Ids is not { } ids || look.Messages.Skip(at).Take(ids.Count).Select(static m => m.Id).SequenceEqual(ids),
                $"{Key.Id} has {utterance.Texts[0]} under other ids than was answered: {look}");
            Violation.Unless(
                utterance.Attempts.Exists(a => a.Start < look.End && !IsDeleted(a, look.Start)),
                $"{Key.Id} has {utterance.Texts[0]}, which was deleted with it: {look}");
        }

        Violation.Unless(found == look.Messages.Count, $"{Key.Id} has messages that no client sent: {look}");
    }

    // Acknowledged before another was sent: then it is before it.
    private void CheckOrder(Look look)
    {
        Dictionary<string, Utterance> firsts = _said.ToDictionary(static u => u.Texts[0]);
        List<Utterance> order = [.. look.Messages.Select(m => firsts.GetValueOrDefault(m.Text)).OfType<Utterance>()];
        for (int i = 0; i < order.Count; i++)
        {
            long sent = order[i].Attempts.Where(a => !IsDeleted(a, look.Start)).Min(static a => a.Start);
            Utterance? overtaken = order.Skip(i + 1).FirstOrDefault(u => StoredAt(u, look.Start, look.End) < sent);
            Violation.Unless(
                overtaken is null,
                $"{Key.Id} has {order[i].Texts[0]} before {overtaken?.Texts[0]}, which was acknowledged before the other was sent: {look}");
        }
    }

    // Each digest adds the first text it was given and how many came after it: so it tells what went into it. Behind it, whose it is.
    private void CheckOverview(Look look)
    {
        int covered = 0;
        foreach (string digest in look.Overview.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = digest.Split('+');
            Violation.Unless(
                covered < look.Covered && look.Messages[covered].Text == parts[0],
                $"{Key.Id} has an overview of other messages than are archived: '{look.Overview}' of {look}");
            covered += 1 + int.Parse(parts[1].Split('~')[0], CultureInfo.InvariantCulture);
        }

        Violation.Unless(
            covered == look.Covered,
            $"{Key.Id} has an overview of {covered} messages where {look.Covered} are covered: '{look.Overview}' of {look}");
    }

    private Attempt Note(List<Attempt> attempts)
    {
        lock (_lock)
        {
            var attempt = new Attempt(Clock.Next());
            attempts.Add(attempt);
            return attempt;
        }
    }

    // When its client knew at the latest that it was stored, for a read between start and end. A key that was answered before
    // a deletion may be answered again from memory: the request was carried out once, and what it did was deleted.
    private long? StoredAt(Utterance utterance, long start, long end) => utterance.Attempts
        .Where(a => IsCertain(a, utterance.Attempts[0].Start, start, end)).Select(static a => (long?)a.End).Min();

    // What it did since is there, for a read between start and end.
    private bool IsCertain(Attempt attempt, long since, long start, long end) =>
        attempt.End < start && !_deletions.Any(d => d.End > since && d.Start < end);

    // What it did was deleted before.
    private bool IsDeleted(Attempt attempt, long start) => _deletions.Any(d => attempt.End < d.Start && d.End < start);
}
