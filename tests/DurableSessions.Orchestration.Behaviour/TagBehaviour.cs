namespace DurableSessions.Orchestration.Behaviour;

/// <summary>What clients see of an instance beside its input.</summary>
public abstract class TagBehaviour : PortBehaviour
{
    private static readonly Dictionary<string, string> s_tags = new() { ["z.team"] = "blue, =%& ", ["Empty"] = "", ["a-1_"] = "~" };

    protected TagBehaviour() => Orchestrator<int, int>("down", (context, left) =>
    {
        if (left > 0)
        {
            context.ContinueAsNew(left - 1);
        }

        return Task.FromResult(left);
    });

    /// <summary>Whether a listing has them; otherwise only an instance that is read by its id.</summary>
    protected virtual bool ListsTags => true;

    public static TheoryData<string, string?> OutOfBounds => new()
    {
        { "", "value" },
        { "with space", "value" },
        { new string('n', 65), "value" },
        { "generation", "1" },
        { "name", null },
        { "name", new string('v', 129) },
        { "name", "\u00fc" },
        { "name", "line\n" },
    };

    [Fact]
    public Task Tags_are_seen_by_every_client_and_stay_when_the_instance_begins_again() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        OrchestrationClient elsewhere = await StartAsync();

        OrchestrationMetadata scheduled = await client.ScheduleNewOrchestrationInstanceAsync(
            "down", 2, new StartOrchestrationOptions("tagged") { Tags = s_tags });
        OrchestrationMetadata ended = await EndOf(elsewhere, scheduled);
        OrchestrationPage listed = await elsewhere.ListInstancesAsync(new OrchestrationQuery(), Deadline);

        Assert.Single(listed.Values);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "0"), (ended.RuntimeStatus, ended.SerializedOutput));
        Assert.All(
            (OrchestrationMetadata[])[scheduled, ended, .. ListsTags ? listed.Values : []],
            static m => Assert.Equal(s_tags.OrderBy(static t => t.Key), m.Tags.OrderBy(static t => t.Key)));
        Assert.Equal(ended, await client.GetInstanceAsync("tagged"));
    });

    [Fact]
    public Task An_instance_without_tags_has_none() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();

        Assert.Empty((await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("down", 0))).Tags);
    });

    [Fact]
    public Task An_id_that_is_scheduled_again_has_the_tags_of_that_call() => RunAsync(async () =>
    {
        OrchestrationClient client = await StartAsync();
        var options = new StartOrchestrationOptions("again") { ReusableStatuses = [OrchestrationRuntimeStatus.Completed], Tags = s_tags };
        await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync("down", 0, options));

        OrchestrationMetadata second = await EndOf(client, await client.ScheduleNewOrchestrationInstanceAsync(
            "down", 0, options with { Tags = new Dictionary<string, string> { ["only"] = "this" } }));

        Assert.Equal((2, new KeyValuePair<string, string>("only", "this")), (second.Generation, Assert.Single(second.Tags)));
    });

    [Theory]
    [MemberData(nameof(OutOfBounds))]
    public void A_tag_out_of_bounds_is_refused(string name, string? value) => Assert.Contains(
        "tag",
        Assert.Throws<ArgumentException>(() => new StartOrchestrationOptions
        {
            Tags = new Dictionary<string, string> { [name] = value! },
        }).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_tag_too_many_is_refused()
    {
        Dictionary<string, string> most = Enumerable.Range(0, StartOrchestrationOptions.MaxTags).ToDictionary(
            static i => $"{i}".PadLeft(64, 'n'), static i => new string('v', 128));
        Assert.Equal(StartOrchestrationOptions.MaxTags, new StartOrchestrationOptions { Tags = most }.Tags.Count);
        most["more"] = "";

        var refused = Assert.Throws<ArgumentException>(() => new StartOrchestrationOptions { Tags = most });
        Assert.Contains("at most 8 tags", refused.Message, StringComparison.Ordinal);
    }
}
