using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>The event ids that operators filter by.</summary>
public sealed class LogTests
{
    private static readonly Dictionary<int, string> s_released = new()
    {
        [2000] = nameof(Log.Scheduled),
        [2001] = nameof(Log.Claimed),
        [2002] = nameof(Log.ClaimedFor),
        [2003] = nameof(Log.Ended),
        [2004] = nameof(Log.GhostRemoved),
        [2005] = nameof(Log.InstanceDropped),
        [2006] = nameof(Log.TakenOver),
        [2007] = nameof(Log.TakenOverBeforeEnd),
        [2008] = nameof(Log.ViolationCameLate),
        [2009] = nameof(Log.AnswerCameLate),
        [2010] = nameof(Log.ActivityThrewAtCancellation),
        [2011] = nameof(Log.ActivitiesUnknown),
        [2012] = nameof(Log.OrchestratorUnknown),
        [2013] = nameof(Log.ClaimFailed),
        [2014] = nameof(Log.ListingFailed),
        [2015] = nameof(Log.BlobUnreadable),
        [2016] = nameof(Log.NotAllGivenBack),
        [2017] = nameof(Log.NameTaken),
        [2018] = nameof(Log.NameNotTaken),
        [2019] = nameof(Log.InstanceUnreadable),
        [2020] = nameof(Log.InstanceNewer),
        [2021] = nameof(Log.NameNotChecked),
        [2022] = nameof(Log.Parked),
        [2023] = nameof(Log.HandoverNotTold),
        [2024] = nameof(Log.HandoverNotSeen),
        [2025] = nameof(Log.ChildNotCreated),
        [2026] = nameof(Log.LivenessNotTold),
        [2027] = nameof(Log.LivenessNotSeen),
    };

    [Fact]
    public void An_event_id_belongs_to_one_message_and_stays_with_it() => EventIds.AssertStable(typeof(Log), 2000, s_released);
}
